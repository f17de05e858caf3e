import { Icon } from '../ui/icon';
import { useStore } from '../ui/watch';

const COLOURS = 8;

/** One of eight colours, the same for the same name. */
function colourOf(name: string, given: number | undefined): number {
  if (given !== undefined) return Math.abs(given) % COLOURS;
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 997;
  return sum % COLOURS;
}

export function Avatar({ name, app = false }: { name: string; app?: boolean }) {
  const store = useStore('chats');
  const colour = app ? 'app' : String(colourOf(name, store.people.get(name)?.avatar));
  return <span class={`avatar colour-${colour}`} aria-hidden="true">{app ? <Icon name="bot" /> : [...name][0]?.toUpperCase() ?? '?'}</span>;
}
