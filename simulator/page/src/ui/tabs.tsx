// Tabs as the ARIA practices have them: one stop for Tab, arrows between them.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Props<T extends string> {
  label: string;
  tabs: readonly { id: T; title: string; badge?: ComponentChildren }[];
  chosen: T;
  choose(id: T): void;
  panel: string;
  small?: boolean;
}

export function Tabs<T extends string>({ label, tabs, chosen, choose, panel, small }: Props<T>) {
  const list = useRef<HTMLDivElement>(null);
  // On a narrow screen not all have room.
  useLayoutEffect(() => list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }), [chosen]);
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === chosen);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const tab = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!tab) return;
    event.preventDefault();
    choose(tab.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${tab.id}"]`)?.focus();
  };
  return (
    <div class={small ? 'tabs small' : 'tabs'} role="tablist" aria-label={label} ref={list} onKeyDown={move}>
      {tabs.map(({ id, title, badge }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={`${panel}-${id}`}
          data-tab={id}
          aria-selected={id === chosen}
          aria-controls={panel}
          tabIndex={id === chosen ? 0 : -1}
          onClick={() => choose(id)}
        >
          {title}
          {badge}
        </button>
      ))}
    </div>
  );
}
