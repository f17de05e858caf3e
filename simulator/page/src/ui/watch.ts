// Components that follow the store: told once a frame, however much happened.

import { createContext } from 'preact';
import { useContext, useEffect, useReducer } from 'preact/hooks';
import type { Store, Topic } from '../model/store';

const listeners = new Map<() => void, readonly Topic[]>();
const dirty = new Set<Topic>();
let scheduled = false;
/** However long drawing takes, it is not put off longer than this. */
const LONGEST_PAUSE_MS = 300;

/** Passes changes of the store on: collected until the next frame, and under load no more often than leaves time for others. */
export function connect(store: Store): () => void {
  let busyUntil = 0;
  const draw = () => {
    const began = performance.now();
    if (began < busyUntil) return void requestAnimationFrame(draw);
    scheduled = false;
    const changed = new Set(dirty);
    dirty.clear();
    for (const [tell, wanted] of listeners) if (wanted.some((topic) => changed.has(topic))) tell();
    // Preact draws in a microtask of its own, before this one.
    setTimeout(() => {
      const now = performance.now();
      busyUntil = now + Math.min(LONGEST_PAUSE_MS, (now - began) * 2);
    });
  };
  return store.watch((topics) => {
    topics.forEach((topic) => dirty.add(topic));
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(draw);
  });
}

export const StoreContext = createContext<Store | undefined>(undefined);

/** The store; the component is drawn anew when one of the topics changed. */
export function useStore(...topics: Topic[]): Store {
  const store = useContext(StoreContext);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const wanted = topics.join();
  useEffect(() => {
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
