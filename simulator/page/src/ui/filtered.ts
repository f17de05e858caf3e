// The part of a growing list that passes a filter, kept up to date by looking at new items only.

import { useRef } from 'preact/hooks';
import type { Bounded } from '../model/bounded';

export class Filtered<T> {
  items: T[] = [];
  private seen = 0;
  /** How many of `items` stood at which place of the source, to drop what the source dropped. */
  private places: number[] = [];

  constructor(readonly source: Bounded<T>, readonly passes: (item: T) => boolean) {}

  update(): readonly T[] {
    const { items, dropped } = this.source;
    if (this.seen > dropped + items.length) {
      // The source was cleared.
      this.items = [];
      this.places = [];
      this.seen = 0;
    }
    for (let at = Math.max(this.seen, dropped); at < dropped + items.length; at += 1) {
      const item = items[at - dropped] as T;
      if (!this.passes(item)) continue;
      this.items.push(item);
      this.places.push(at);
    }
    this.seen = dropped + items.length;
    let gone = 0;
    while (gone < this.places.length && (this.places[gone] as number) < dropped) gone += 1;
    if (gone > 0) {
      this.items.splice(0, gone);
      this.places.splice(0, gone);
    }
    return this.items;
  }
}

/** `key` names the filter: with another one, all is looked at again. */
export function useFiltered<T>(source: Bounded<T>, key: string, passes: (item: T) => boolean): readonly T[] {
  const kept = useRef<{ key: string; filtered: Filtered<T> } | undefined>(undefined);
  if (kept.current?.key !== key || kept.current.filtered.source !== source) {
    kept.current = { key, filtered: new Filtered(source, passes) };
  }
  return kept.current.filtered.update();
}
