// How long the bot took, against its 3 s; and what the platform would push again.

import { useState } from 'preact/hooks';
import { useSession } from '../chat/session';
import type { AckRow } from '../model/acks';
import { useFiltered } from '../ui/filtered';
import { Rows } from '../ui/rows';
import { useText } from '../ui/settings';
import { clockTime, duration } from '../ui/time';
import { useStore } from '../ui/watch';
import { Bar } from './timeline';

export function AckMeter() {
  const store = useStore('acks', 'clock');
  const session = useSession();
  const t = useText();
  const [only, setOnly] = useState(false);
  const measured = store.acks.percentiles();
  // A row changes its state after it was filtered, so the late ones are looked for each time.
  const all = useFiltered(store.acks.rows, 'all', () => true);
  const items = only ? all.filter((row) => row.state === 'late' || row.state === 'missed' || row.state === 'failed') : all;
  return (
    <>
      <div class="meters">
        <Meter title="p50" value={measured && duration(measured.p50)} />
        <Meter title="p99" value={measured && duration(measured.p99)} bad={(measured?.p99 ?? 0) > 2000} />
        <Meter title={t('slowest')} value={measured && duration(measured.most)} bad={(measured?.most ?? 0) > 3000} />
        <Meter title={t('late')} value={String(store.acks.late)} bad={store.acks.late > 0} />
        <Meter title={t('missed')} value={String(store.acks.missed)} bad={store.acks.missed > 0} />
        <label class="checker"><input type="checkbox" checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} /><span>{t('onlyLate')}</span></label>
      </div>
      <Rows
        label={t('acks')}
        id="acks"
        items={items}
        keyOf={(row) => row.seq}
        chosen={session.chosen}
        choose={(row) => session.choose(row.seq)}
        classOf={(row) => ({ late: 'tone-bad', missed: 'tone-bad', failed: 'tone-warn', ok: '', waiting: 'faint' })[row.state]}
        row={(row) => <Row row={row} />}
        empty={t('noPushes')}
      />
    </>
  );
}

function Meter({ title, value, bad = false }: { title: string; value: string | undefined; bad?: boolean }) {
  return <div class={`figure ${bad ? 'bad' : ''}`}><span>{title}</span><strong>{value ?? '–'}</strong></div>;
}

function Row({ row }: { row: AckRow }) {
  const store = useStore();
  const t = useText();
  return (
    <>
      <time>{clockTime(store, row.at_ms)}</time>
      <span class="text">{row.event_type}</span>
      {row.attempt > 1 && <span class="tag">{row.attempt}/{row.attempts ?? '?'}</span>}
      {row.code !== undefined && row.code !== 200 && <span class="error-text">{row.code}</span>}
      {row.again_ms !== undefined && <span class="dim">{t('againAt', { time: clockTime(store, row.again_ms, false) })}</span>}
      {row.delay_ms !== undefined ? <Bar ms={row.delay_ms} wide /> : <span class={row.state === 'missed' ? 'error-text' : 'dim'}>{t(row.state === 'missed' ? (row.connection === undefined ? 'noConnection' : 'noAck') : 'waiting')}</span>}
    </>
  );
}
