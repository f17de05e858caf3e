// The last minute as a picture: pushes and API calls as ticks, acks as bars against their 3 s, faults and connections as
// marks. The list below says the same in words, so screen readers are spared it.

import { useEffect, useRef } from 'preact/hooks';
import { useSession } from '../chat/session';
import { DEADLINE_MS } from '../model/acks';
import { groupOf, lineOf, type Group } from '../model/lines';
import type { Store } from '../model/store';
import type { Entry } from '../model/types';
import { useText } from '../ui/settings';
import { platformNow } from '../ui/time';
import { useStore, useTick } from '../ui/watch';

const SPAN_MS = 60_000;
const HEIGHT = 54;
/** Lanes of ticks below, one for each of these. */
const LANES: readonly Group[] = ['push', 'api'];
const LANE = 6;
const BARS = HEIGHT - LANE * LANES.length - 4;

export function Axis() {
  const store = useStore('entries', 'clock');
  const session = useSession();
  const t = useText();
  const canvas = useRef<HTMLCanvasElement>(null);
  const quiet = matchMedia('(prefers-reduced-motion: reduce)').matches;
  useTick(quiet ? 2000 : 250, store.link === 'live');
  useEffect(() => {
    if (canvas.current) draw(canvas.current, store);
  });
  const pick = (event: MouseEvent) => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return;
    const at = timeAt(platformNow(store), (event.clientX - box.left) / box.width);
    const items = recent(store, at - 1000).filter((entry) => entry.at_ms <= at + 1000 && groupOf(entry) !== 'control');
    const nearest = items.reduce<Entry | undefined>((best, entry) => (!best || Math.abs(entry.at_ms - at) < Math.abs(best.at_ms - at) ? entry : best), undefined);
    if (nearest) session.choose(nearest.seq);
  };
  return <canvas class="axis" ref={canvas} height={HEIGHT} aria-hidden="true" title={t('axis')} onClick={pick} />;
}

function timeAt(now: number, share: number): number {
  return now - SPAN_MS * (1 - share);
}

/** Entries from a moment on, found from the end: the list may be long, a minute of it is not. */
function recent(store: Store, from: number): Entry[] {
  const { items } = store.entries;
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle] as Entry).at_ms < from) low = middle + 1;
    else high = middle;
  }
  return items.slice(low);
}

function draw(canvas: HTMLCanvasElement, store: Store): void {
  const width = canvas.clientWidth;
  const scale = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(HEIGHT * scale)) canvas.height = Math.round(HEIGHT * scale);
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(canvas);
  const ink = (name: string) => style.getPropertyValue(`--${name}`);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, HEIGHT);

  const now = platformNow(store);
  const x = (at: number) => ((at - (now - SPAN_MS)) / SPAN_MS) * width;
  context.fillStyle = ink('line');
  for (let back = 10_000; back < SPAN_MS; back += 10_000) context.fillRect(Math.round(x(now - back)), 0, 1, HEIGHT);
  context.fillRect(0, BARS, width, 1);
  context.fillStyle = ink('line-strong');
  for (let dash = 0; dash < width; dash += 6) context.fillRect(dash, 3, 3, 1);
  context.fillStyle = ink('dim');
  context.font = `10px ${style.fontFamily}`;
  context.fillText('3 s', 3, 14);

  const colours = { push: ink('push'), api: ink('api'), good: ink('good'), warn: ink('warn'), bad: ink('bad'), connection: ink('conn') };
  for (const entry of recent(store, now - SPAN_MS - DEADLINE_MS)) {
    const group = groupOf(entry);
    const at = x(entry.at_ms);
    const lane = LANES.indexOf(group);
    if (entry.kind === 'ack') {
      const delay = Number(entry.delay_ms ?? 0);
      const height = Math.max(1.5, Math.min(1, delay / DEADLINE_MS) * (BARS - 4));
      context.fillStyle = delay > DEADLINE_MS ? colours.bad : delay > DEADLINE_MS * 0.7 ? colours.warn : colours.good;
      // It stands where the push was, and says how long its answer took.
      context.fillRect(x(entry.at_ms - delay) - 1, BARS - height, 2, height);
    } else if (lane >= 0 && entry.kind !== 'redelivery_due') {
      context.fillStyle = lineOf(entry).tone === 'bad' ? colours.bad : group === 'push' ? colours.push : colours.api;
      context.fillRect(at - 1, BARS + 3 + lane * LANE, 2, LANE - 2);
    } else if (entry.kind === 'ack_missed' || group === 'fault' || group === 'connection') {
      context.fillStyle = entry.kind === 'ack_missed' ? colours.bad : group === 'fault' ? colours.warn : lineOf(entry).tone === 'bad' ? colours.bad : colours.connection;
      context.fillRect(at, 4, 1, BARS - 4);
    }
  }
}
