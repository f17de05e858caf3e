// Keys for the whole page. They rest while something is being written or a dialog is open.

import { useEffect, useRef } from 'preact/hooks';
import type { TextKey } from '../text/en';

/** What the help shows; the keys of messages are handled where messages are. */
export const SHORTCUTS: readonly { keys: string[]; text: TextKey }[] = [
  { keys: ['?'], text: 'key.help' },
  { keys: ['c'], text: 'key.compose' },
  { keys: ['m'], text: 'key.messages' },
  { keys: ['r', 't', '+'], text: 'key.reply' },
  { keys: ['e', 'Del'], text: 'key.change' },
  { keys: ['Enter'], text: 'key.inspect' },
  { keys: ['[', ']'], text: 'key.chats' },
  { keys: ['p'], text: 'key.persona' },
  { keys: ['n'], text: 'key.group' },
  { keys: ['v'], text: 'key.event' },
  { keys: ['1', '…', '7'], text: 'key.tabs' },
  { keys: ['i'], text: 'key.list' },
  { keys: ['f', '/'], text: 'key.filter' },
  { keys: ['d'], text: 'key.theme' },
  { keys: ['l'], text: 'key.language' },
  { keys: ['Esc'], text: 'key.escape' },
];

export function useShortcuts(actions: Record<string, () => void>): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      const target = event.target as HTMLElement;
      const writing = target.matches('input, textarea, select, [contenteditable]');
      if (document.querySelector('dialog[open]')) return;
      if (writing) {
        if (event.key === 'Escape') target.blur();
        return;
      }
      const action = latest.current[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}
