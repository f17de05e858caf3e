// A run that was kept: this one taken away, one loaded, played to the bots of now, and what they answer differently.

import { useRef } from 'preact/hooks';
import { api } from '../api';
import { useSession } from '../chat/session';
import type { Difference, RecordedAck, Replayed } from '../model/types';
import { attempt } from '../ui/attempt';
import { useText } from '../ui/settings';
import { duration } from '../ui/time';
import { useStore } from '../ui/watch';

export function Cassette() {
  const store = useStore('cassette', 'connections');
  const t = useText();
  const picker = useRef<HTMLInputElement>(null);
  const { loaded, playing, replayed } = store.cassette;
  const idle = store.connections.size === 0;

  const load = async (tape: Blob, name: string) => {
    const found = await attempt(() => api.importCassette(tape));
    if (!found) return;
    store.cassette = { loaded: { name, ...found }, playing: false, replayed: undefined };
    store.changed('cassette');
  };
  const loadThis = async () => {
    const tape = await attempt(api.exportCassette);
    if (tape) await load(tape, t('thisRun'));
  };
  const play = async (speed: 'instant' | 'original') => {
    store.cassette = { loaded, playing: true, replayed: undefined };
    store.changed('cassette');
    const result = await attempt(() => api.replay(speed));
    store.cassette = { loaded, playing: false, replayed: result };
    store.changed('cassette');
  };
  return (
    <div class="scroll sections">
      <section aria-label={t('thisRun')}>
        <h3>{t('thisRun')}</h3>
        <p class="dim">{t('cassetteHint')}</p>
        <div class="actions">
          <a class="button" href={api.exportUrl} download="larkwire.jsonl">{t('export')}</a>
          <button type="button" onClick={() => void loadThis()}>{t('loadThis')}</button>
          <button type="button" onClick={() => picker.current?.click()}>{t('load')}</button>
          <input
            ref={picker}
            type="file"
            hidden
            accept=".jsonl,application/jsonl"
            aria-label={t('load')}
            onChange={(change) => {
              const file = change.currentTarget.files?.[0];
              change.currentTarget.value = '';
              if (file) void load(file, file.name);
            }}
          />
        </div>
      </section>
      <section aria-label={t('replay')}>
        <h3>{t('replay')}</h3>
        <p class="dim">{loaded ? t('loaded', { name: loaded.name, pushes: loaded.pushes, acks: loaded.acks }) : t('nothingLoaded')}{loaded && idle && ` ${t('noBot')}`}</p>
        <div class="actions">
          <button type="button" class="primary" disabled={!loaded || playing || idle} onClick={() => void play('instant')}>{t('playAtOnce')}</button>
          <button type="button" disabled={!loaded || playing || idle} onClick={() => void play('original')}>{t('playInTime')}</button>
        </div>
        <p role="status">{playing ? t('playing') : replayed && t('replayed', { same: replayed.same, pushes: replayed.pushes })}</p>
        {replayed && replayed.different.length > 0 && <Differences replayed={replayed} />}
      </section>
    </div>
  );
}

function Differences({ replayed }: { replayed: Replayed }) {
  // The rows of the pushes come by the stream, perhaps after the answer to the call.
  const store = useStore('acks');
  const session = useSession();
  const t = useText();
  const row = ({ push, event_type, recorded, replayed: now }: Difference) => {
    const seq = store.acks.of(push)?.seq;
    return (
      <tr key={push}>
        <th scope="row">{seq === undefined ? event_type : <button type="button" class="link" onClick={() => session.choose(seq)}>{event_type}</button>}</th>
        <td><Ack ack={recorded} /></td>
        <td><Ack ack={now} /></td>
      </tr>
    );
  };
  return (
    <table class="differences">
      <caption>{t('differences')}</caption>
      <thead><tr><th scope="col">{t('eventType')}</th><th scope="col">{t('recorded')}</th><th scope="col">{t('now')}</th></tr></thead>
      <tbody>{replayed.different.map(row)}</tbody>
    </table>
  );
}

function Ack({ ack }: { ack: RecordedAck | null }) {
  const t = useText();
  if (!ack) return <span class="error-text">{t('noAck')}</span>;
  return (
    <>
      <span class={ack.code === 200 && ack.on_time ? '' : 'error-text'}>{ack.code}{!ack.on_time && ` ${t('late')}`}</span> <span class="dim num">{duration(ack.delay_ms)}</span>
      {ack.data != null && <pre class="code" tabIndex={0}>{JSON.stringify(ack.data, null, 2)}</pre>}
    </>
  );
}
