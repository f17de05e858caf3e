// How moments, durations and sizes are written.

import type { Store } from '../model/store';

/** A moment of the platform's clock, by the reader's: `14:03:11.204`. */
export function clockTime(store: Store, atMs: number, millis = true): string {
  return wallTime(store.clock.unix_ms - store.clock.now_ms + atMs, millis);
}

export function wallTime(unixMs: number, millis = false): string {
  const date = new Date(unixMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return millis ? `${text}.${String(date.getMilliseconds()).padStart(3, '0')}` : text;
}

/** The platform's clock now, as far as the page can tell. */
export function platformNow(store: Store): number {
  const { now_ms, speed, read } = store.clock;
  return now_ms + (performance.now() - read) * speed;
}

export function duration(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
