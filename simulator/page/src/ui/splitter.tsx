// The bar between two panes: dragged with a pointer, moved with arrows, remembered.

import { useEffect, useState } from 'preact/hooks';
import { remember, remembered } from './settings';

const LEAST = 24;
const MOST = 70;
const USUAL = 44;

export function Splitter({ label }: { label: string }) {
  const [share, setShare] = useState(() => within(Number(remembered('split') ?? USUAL)));
  useEffect(() => {
    document.documentElement.style.setProperty('--wire', `${share}%`);
    remember('split', String(share));
  }, [share]);
  const drag = (event: PointerEvent) => {
    if (event.buttons === 1) setShare(within(100 - (event.clientX / window.innerWidth) * 100));
  };
  const move = (event: KeyboardEvent) => {
    const by = { ArrowLeft: 2, ArrowRight: -2, Home: 100, End: -100 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    setShare(within(share + by));
  };
  return (
    <div
      class="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={Math.round(share)}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onDblClick={() => setShare(USUAL)}
      onKeyDown={move}
    />
  );
}

function within(share: number): number {
  return Number.isFinite(share) ? Math.min(MOST, Math.max(LEAST, share)) : USUAL;
}
