// Keeps the store in step with the simulator: a snapshot, then the stream; after a loss, both again.

import { api } from './api';
import type { Store } from './model/store';
import type { Entry } from './model/types';

/** Entries before the snapshot that the inspector shows. */
const PAST = 2000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const RESYNC_MS = 2000;

export interface Live {
  stop(): void;
}

export function follow(store: Store, openChat: () => string | undefined, heard: (entries: Entry[]) => void): Live {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let resync: ReturnType<typeof setTimeout> | undefined;
  let pause = FIRST_PAUSE_MS;
  let stopped = false;

  const again = () => {
    source?.close();
    source = undefined;
    if (stopped) return;
    store.link = 'lost';
    store.changed('link');
    clearTimeout(timer);
    timer = setTimeout(() => void start(), pause);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  };

  const start = async () => {
    try {
      const snapshot = await api.state();
      if (stopped) return;
      if (store.isOlder(snapshot)) store.forgetAll();
      const known = store.entries.items.at(-1)?.seq ?? -1;
      const past = await api.transcript(Math.max(0, known, snapshot.seq - PAST), PAST).catch(() => undefined);
      if (stopped) return;
      store.load(snapshot, performance.now());
      store.recall((past?.entries ?? []).filter((entry) => entry.seq <= snapshot.seq));
      source = new EventSource(api.streamUrl(snapshot.seq));
      source.onopen = () => {
        pause = FIRST_PAUSE_MS;
        store.link = 'live';
        store.changed('link');
      };
      source.addEventListener('entries', (event: MessageEvent<string>) => {
        const fresh = store.apply(JSON.parse(event.data) as Entry[], openChat());
        if (fresh.length > 0) heard(fresh);
      });
      source.addEventListener('lost', (event: MessageEvent<string>) => {
        store.missed += Number((JSON.parse(event.data || '{}') as { count?: number }).count ?? 1);
        store.changed('link');
        // What was lost may have been a message: begin anew, but not for every batch of a flood.
        resync ??= setTimeout(() => {
          resync = undefined;
          source?.close();
          void start();
        }, RESYNC_MS);
      });
      source.onerror = again;
    } catch {
      again();
    }
  };

  void start();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(resync);
      source?.close();
    },
  };
}
