// What the page tells by itself: toasts for the eye, a live region for the ear.

import { useEffect, useReducer } from 'preact/hooks';
import { useText } from './settings';

export type Tone = 'info' | 'success' | 'warning' | 'error';

interface Notice {
  id: number;
  tone: Tone;
  text: string;
}

/** More at once nobody reads. */
const MOST = 4;
const LASTS_MS = 6000;

let notices: Notice[] = [];
let said = '';
let made = 0;
const watchers = new Set<() => void>();
const changed = () => watchers.forEach((tell) => tell());

export function notify(tone: Tone, text: string): void {
  made += 1;
  const notice = { id: made, tone, text };
  notices = [...notices, notice].slice(-MOST);
  changed();
  setTimeout(() => dismiss(notice.id), tone === 'error' ? LASTS_MS * 2 : LASTS_MS);
}

export function dismiss(id: number): void {
  notices = notices.filter((notice) => notice.id !== id);
  changed();
}

/** For screen readers. Under load the last one wins; nobody listens to a thousand messages. */
export function announce(text: string): void {
  if (said === text) said = '';
  said = text;
  changed();
}

function useChanges(): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const tell = () => redraw(undefined);
    watchers.add(tell);
    return () => void watchers.delete(tell);
  }, []);
}

export function Notices() {
  const t = useText();
  useChanges();
  return (
    <>
      <div class="toasts" role="region" aria-label={t('notices')}>
        {notices.map(({ id, tone, text }) => (
          <div key={id} class={`toast ${tone}`} role={tone === 'error' ? 'alert' : 'status'}>
            <span>{text}</span>
            <button type="button" class="quiet" aria-label={t('dismiss')} onClick={() => dismiss(id)}>×</button>
          </div>
        ))}
      </div>
      <div class="unseen" role="log" aria-live="polite">{said}</div>
    </>
  );
}
