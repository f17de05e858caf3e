// Frames in both directions; the parts of one message stand together.

import { useState } from 'preact/hooks';
import { useSession } from '../chat/session';
import { frameOf, frameType, header, partOf } from '../model/frames';
import type { Entry } from '../model/types';
import { useFiltered } from '../ui/filtered';
import { Rows } from '../ui/rows';
import { useText } from '../ui/settings';
import { clockTime, size } from '../ui/time';
import { useStore } from '../ui/watch';
import { textOfEntry } from './detail';

type Way = 'all' | 'sent' | 'received';

export function Frames() {
  const store = useStore('entries', 'clock');
  const session = useSession();
  const t = useText();
  const [way, setWay] = useState<Way>('all');
  const [control, setControl] = useState(true);
  const [words, setWords] = useState('');
  const wanted = words.trim().toLowerCase();
  const items = useFiltered(store.frames, `${way}|${control}|${wanted}`, (entry) =>
    (way === 'all' || entry.kind === way) && (control || frameOf(entry)?.method === 1) && (!wanted || textOfEntry(entry).includes(wanted)));
  return (
    <>
      <div class="filters">
        <input type="search" id="filter" placeholder={`${t('filter')} (f)`} aria-label={t('filter')} value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        <select aria-label={t('direction')} value={way} onChange={(event) => setWay(event.currentTarget.value as Way)}>
          <option value="all">{t('bothWays')}</option>
          <option value="sent">→ {t('toBot')}</option>
          <option value="received">← {t('fromBot')}</option>
        </select>
        <label class="checker"><input type="checkbox" checked={control} onChange={(event) => setControl(event.currentTarget.checked)} /><span>{t('pings')}</span></label>
      </div>
      <Rows
        label={t('frames')}
        id="frames"
        items={items}
        keyOf={(entry) => entry.seq}
        chosen={session.chosen}
        choose={(entry) => session.choose(entry.seq)}
        classOf={(entry) => (frameOf(entry)?.method === 1 ? '' : 'faint')}
        row={(entry) => <FrameRow entry={entry} />}
        empty={t('nothingYet')}
      />
    </>
  );
}

/** One of six colours for the parts of one message. */
function hue(messageId: string): number {
  return (Number.parseInt(messageId.replace(/\W/g, '').slice(0, 6), 36) || 0) % 6;
}

function FrameRow({ entry }: { entry: Entry }) {
  const store = useStore();
  const frame = frameOf(entry);
  const part = partOf(entry);
  const biz = frame && header(frame, 'biz_rt');
  return (
    <>
      <time>{clockTime(store, entry.at_ms)}</time>
      <span class={`way ${entry.kind === 'sent' ? 'kind-push' : 'kind-ack'}`}>{entry.kind === 'sent' ? '→' : '←'}</span>
      <span class="label">{frameType(entry)}</span>
      <span class="num dim">#{String(entry.connection)}</span>
      {part && <span class={`part hue-${hue(part.message_id)}`}>{part.seq + 1}/{part.sum}</span>}
      {biz !== undefined && <span class={Number(biz) < 0 ? 'error-text' : 'dim'}>biz_rt {biz}</span>}
      <span class="text">{frame?.payload?.slice(0, 160) ?? ''}</span>
      {frame && <span class="dim num">{size(frame.raw.length >> 1)}</span>}
    </>
  );
}
