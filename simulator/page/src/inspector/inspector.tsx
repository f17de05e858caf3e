// What happens beneath the chat.

import { useText } from '../ui/settings';
import { Tabs } from '../ui/tabs';
import { useStore } from '../ui/watch';
import { useSession } from '../chat/session';
import type { Store } from '../model/store';
import type { Entry } from '../model/types';
import { AckMeter } from './acks';
import { Calls } from './calls';
import { Cassette } from './cassette';
import { Connections } from './connections';
import { Detail } from './detail';
import { Faults } from './faults';
import { Frames } from './frames';
import { Timeline } from './timeline';

export const TABS = ['timeline', 'frames', 'acks', 'calls', 'connections', 'faults', 'cassette'] as const;
export type Tab = (typeof TABS)[number];

const PANELS = { timeline: Timeline, frames: Frames, acks: AckMeter, calls: Calls, connections: Connections, faults: Faults, cassette: Cassette };

/** Entries are in order, so the one with a number is found by halves. */
function entryOf(store: Store, seq: number | undefined): Entry | undefined {
  if (seq === undefined) return undefined;
  const { items } = store.entries;
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((items[middle] as Entry).seq < seq) low = middle + 1;
    else high = middle;
  }
  return items[low]?.seq === seq ? items[low] : undefined;
}

export function Inspector({ tab, setTab }: { tab: Tab; setTab(tab: Tab): void }) {
  const session = useSession();
  const t = useText();
  const store = useStore();
  const chosen = entryOf(store, session.chosen);
  const Panel = PANELS[tab];
  const tabs = TABS.map((id) => ({ id, title: t(id), badge: <Badge tab={id} /> }));
  return (
    <section class="inspector" aria-label={t('inspector')}>
      <h2 class="unseen">{t(tab)}</h2>
      <Tabs label={t('inspector')} panel="inspector" tabs={tabs} chosen={tab} choose={setTab} />
      <div class="inspector-panel" id="inspector" role="tabpanel" aria-labelledby={`inspector-${tab}`}>
        <Panel />
      </div>
      {chosen && <Detail key={chosen.seq} entry={chosen} onClose={() => session.choose(undefined)} />}
    </section>
  );
}

function Badge({ tab }: { tab: Tab }) {
  const store = useStore('acks', 'connections', 'faults', 'entries');
  const [count, tone] = {
    timeline: [store.violations, 'bad'],
    frames: [0, ''],
    acks: [store.acks.late + store.acks.missed, 'bad'],
    calls: [[...store.notSimulated.values()].reduce((sum, one) => sum + one, 0), 'bad'],
    connections: [store.connections.size, ''],
    faults: [store.faults.active.length, 'warn'],
    cassette: [0, ''],
  }[tab] as [number, string];
  return count > 0 ? <span class={`badge ${tone}`}>{count > 999 ? '999+' : count}</span> : null;
}
