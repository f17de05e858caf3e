// Everything on one time axis.

import { useState } from 'preact/hooks';
import { DEADLINE_MS } from '../model/acks';
import { GROUPS, groupOf, lineOf, USUAL, type Group } from '../model/lines';
import type { Entry } from '../model/types';
import { useFiltered } from '../ui/filtered';
import { Rows } from '../ui/rows';
import { useText } from '../ui/settings';
import { clockTime, duration, size } from '../ui/time';
import { useStore } from '../ui/watch';
import { useSession } from '../chat/session';
import { Axis } from './axis';
import { textOfEntry } from './detail';

export function Timeline() {
  const store = useStore('entries', 'clock');
  const session = useSession();
  const t = useText();
  const [groups, setGroups] = useState<ReadonlySet<Group>>(new Set(USUAL));
  const [words, setWords] = useState('');
  const wanted = words.trim().toLowerCase();
  const items = useFiltered(store.entries, `${[...groups].join()}|${wanted}`, (entry) =>
    groups.has(groupOf(entry)) && (!wanted || textOfEntry(entry).includes(wanted)));
  const toggle = (group: Group) => {
    const next = new Set(groups);
    if (!next.delete(group)) next.add(group);
    setGroups(next);
  };
  return (
    <>
      <div class="filters">
        <input type="search" id="filter" placeholder={`${t('filter')} (f)`} aria-label={t('filter')} value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        <span class="chips" role="group" aria-label={t('kinds')}>
          {GROUPS.map((group) => <button key={group} type="button" class={`chip kind-${group}`} aria-pressed={groups.has(group)} onClick={() => toggle(group)}>{t(`group.${group}`)}</button>)}
        </span>
      </div>
      <Axis />
      <Rows
        label={t('timeline')}
        id="timeline"
        items={items}
        keyOf={(entry) => entry.seq}
        chosen={session.chosen}
        choose={(entry) => session.choose(entry.seq)}
        classOf={(entry) => `tone-${lineOf(entry).tone}`}
        row={(entry) => <TimelineRow entry={entry} />}
        empty={t('nothingYet')}
      />
    </>
  );
}

const ARROWS = { out: '→', in: '←', '': '·' };

function TimelineRow({ entry }: { entry: Entry }) {
  const store = useStore();
  const line = lineOf(entry, (id) => store.app(id)?.name ?? id);
  return (
    <>
      <time>{clockTime(store, entry.at_ms)}</time>
      <span class={`way kind-${line.group}`}>{ARROWS[line.way]}</span>
      <span class={`label kind-${line.group}`}>{line.label}</span>
      <span class="text">{line.text}</span>
      {line.delay_ms !== undefined && <Bar ms={line.delay_ms} />}
      {line.bytes !== undefined && <span class="dim num">{size(line.bytes)}</span>}
      {entry.kind === 'api' && entry.ms !== undefined && <span class="dim num">{duration(Number(entry.ms))}</span>}
    </>
  );
}

/** The share of its 3 s that an ack took. */
export function Bar({ ms, wide = false }: { ms: number; wide?: boolean }) {
  const share = Math.min(1, ms / DEADLINE_MS);
  const tone = ms > DEADLINE_MS ? 'bad' : ms > DEADLINE_MS * 0.7 ? 'warn' : 'good';
  return (
    <span class={`bar ${tone} ${wide ? 'wide' : ''}`}>
      <span class="bar-track" aria-hidden="true"><span style={{ width: `${Math.max(1.5, share * 100)}%` }} /></span>
      <span class="num">{duration(ms)}</span>
    </span>
  );
}
