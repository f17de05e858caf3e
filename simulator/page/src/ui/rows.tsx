// A long list of rows of one height that grows at its end. Only what is seen is in the document, and its elements are used
// again for other rows, so that a thousand new rows a second cost no more than their texts. The list has the focus; the
// active row is named to it.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon';
import { useText } from './settings';

interface Props<T> {
  label: string;
  id: string;
  items: readonly T[];
  keyOf(item: T): number;
  row(item: T): ComponentChildren;
  classOf?(item: T): string;
  chosen: number | undefined;
  choose(item: T): void;
  empty: ComponentChildren;
}

const HEIGHT = 26;
/** Rows above and below of what is seen. */
const MORE = 4;
/** So near to its end, the list follows it. */
const NEAR = HEIGHT * 1.5;

export function Rows<T>({ label, id, items, keyOf, row, classOf, chosen, choose, empty }: Props<T>) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 0 });
  const pinned = useRef(true);
  /** The first row that is seen. */
  const anchor = useRef<{ index: number; key: number }>(undefined);
  const total = items.length * HEIGHT;

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => setView(({ top }) => ({ top, height: entry?.contentRect.height ?? 0 })));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // Follows the end, or stays with what is read when the oldest rows go.
  const gone = anchor.current === undefined ? 0 : anchor.current.index - findFrom(items, anchor.current.key, keyOf);
  const top = pinned.current ? Math.max(0, total - view.height) : Math.max(0, view.top - gone * HEIGHT);
  useLayoutEffect(() => {
    if (box.current && (pinned.current || gone !== 0)) box.current.scrollTop = top;
    const index = Math.min(items.length - 1, Math.floor(top / HEIGHT));
    anchor.current = items[index] === undefined ? undefined : { index, key: keyOf(items[index] as T) };
  });

  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    const { scrollTop, clientHeight } = element;
    pinned.current = scrollTop + clientHeight >= items.length * HEIGHT - NEAR;
    setView({ top: scrollTop, height: clientHeight });
  };
  const toEnd = () => {
    pinned.current = true;
    setView({ ...view });
    if (box.current) box.current.scrollTop = total;
  };
  const at = chosen === undefined ? -1 : find(items, chosen, keyOf);
  const move = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / HEIGHT) - 1);
    const start = at < 0 ? items.length : at;
    const to = {
      ArrowDown: start + 1, ArrowUp: start - 1, j: start + 1, k: start - 1,
      PageDown: start + page, PageUp: start - page, Home: 0, End: items.length - 1,
    }[event.key];
    if (to === undefined || items.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const index = Math.max(0, Math.min(items.length - 1, to));
    choose(items[index] as T);
    const element = box.current;
    if (!element) return;
    if (index * HEIGHT < element.scrollTop) element.scrollTop = index * HEIGHT;
    else if ((index + 1) * HEIGHT > element.scrollTop + element.clientHeight) element.scrollTop = (index + 1) * HEIGHT - element.clientHeight;
  };

  const start = Math.max(0, Math.floor(top / HEIGHT) - MORE);
  const end = Math.min(items.length, Math.ceil((top + view.height) / HEIGHT) + MORE);
  const slots = Math.ceil(view.height / HEIGHT) + 2 * MORE + 1;
  const here = at >= start && at < end;
  return (
    <div class="rows-frame">
      <div
        class="rows"
        role="listbox"
        aria-label={label}
        id={id}
        tabIndex={0}
        ref={box}
        onScroll={scrolled}
        onKeyDown={move}
        {...(here && { 'aria-activedescendant': `${id}-${chosen}` })}
      >
        <div class="rows-inside" role="presentation" style={{ height: `${total}px` }}>
          {items.slice(start, end).map((item, place) => {
            const index = start + place;
            const key = keyOf(item);
            return (
              <div
                key={index % slots}
                id={`${id}-${key}`}
                role="option"
                aria-selected={key === chosen}
                aria-setsize={items.length}
                aria-posinset={index + 1}
                class={`row ${classOf?.(item) ?? ''}`}
                style={{ transform: `translateY(${index * HEIGHT}px)` }}
                onClick={() => choose(item)}
              >
                {row(item)}
              </div>
            );
          })}
        </div>
      </div>
      {items.length === 0 && <p class="empty">{empty}</p>}
      {!pinned.current && <button type="button" class="to-end" onClick={toEnd}><Icon name="down" />{t('newest')}</button>}
    </div>
  );
}

function find<T>(items: readonly T[], key: number, keyOf: (item: T) => number): number {
  const index = findFrom(items, key, keyOf);
  const found = items[index];
  return found !== undefined && keyOf(found) === key ? index : -1;
}

/** The first row with this key or a greater one. Keys grow, so it is found by halves. */
function findFrom<T>(items: readonly T[], key: number, keyOf: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keyOf(items[middle] as T) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
