// Components that follow the store: told once a frame, however much happened.

import { createContext } from 'preact';
import { useContext, useEffect, useLayoutEffect, useReducer } from 'preact/hooks';
import type { Store, Topic } from '../model/store';

const listeners = new Map<() => void, readonly Topic[]>();
const dirty = new Set<Topic>();
let scheduled = false;
/** However long drawing takes, it is not put off longer than this. */
const LONGEST_PAUSE_MS = 300;

/** What people talk in is drawn first; what tells about it, a frame later, so that neither waits for both. */
const FIRST: readonly Topic[] = ['messages', 'chats', 'link'];

/** Passes changes of the store on: collected until the next frame, and under load no more often than leaves time for others. */
export function connect(store: Store): () => void {
  let busyUntil = 0;
  const draw = (part: readonly (() => void)[], next: (cost: number) => void) => {
    const began = performance.now();
    for (const tell of part) tell();
    // Preact draws in a microtask, so before this.
    setTimeout(() => next(performance.now() - began));
  };
  const begin = () => {
    if (performance.now() < busyUntil) return void requestAnimationFrame(begin);
    scheduled = false;
    const changed = new Set(dirty);
    dirty.clear();
    const told = [...listeners].filter(([, wanted]) => wanted.some((topic) => changed.has(topic)));
    const chat = told.filter(([, wanted]) => wanted.some((topic) => FIRST.includes(topic))).map(([tell]) => tell);
    const rest = told.map(([tell]) => tell).filter((tell) => !chat.includes(tell));
    draw(chat, (first) => requestAnimationFrame(() => draw(rest, (second) => {
      busyUntil = performance.now() + Math.min(LONGEST_PAUSE_MS, (first + second) * 2);
    })));
  };
  return store.watch((topics) => {
    topics.forEach((topic) => dirty.add(topic));
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(begin);
  });
}

export const StoreContext = createContext<Store | undefined>(undefined);

/** The store; the component is drawn anew when one of the topics changed. */
export function useStore(...topics: Topic[]): Store {
  const store = useContext(StoreContext);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const wanted = topics.join();
  // Not after the painting: what changed until then would be missed.
  useLayoutEffect(() => {
    const tell = () => redraw(undefined);
    listeners.set(tell, topics);
    return () => void listeners.delete(tell);
  }, [wanted]);
  if (!store) throw new Error('no store');
  return store;
}

/** Draws the component anew every so many ms, for what changes with time alone. */
export function useTick(ms: number, active = true): void {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => redraw(undefined), ms);
    return () => clearInterval(timer);
  }, [ms, active]);
}
