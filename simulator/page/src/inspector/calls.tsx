// OpenAPI calls of the bot, and those that this simulator does not know.

import { useState } from 'preact/hooks';
import { useSession } from '../chat/session';
import { useFiltered } from '../ui/filtered';
import { Rows } from '../ui/rows';
import { useText } from '../ui/settings';
import { clockTime, duration } from '../ui/time';
import { useStore } from '../ui/watch';
import { textOfEntry } from './detail';

export function Calls() {
  const store = useStore('entries', 'clock');
  const session = useSession();
  const t = useText();
  const [words, setWords] = useState('');
  const wanted = words.trim().toLowerCase();
  const items = useFiltered(store.calls, wanted, (entry) => !wanted || textOfEntry(entry).includes(wanted));
  return (
    <>
      <div class="filters">
        <input type="search" id="filter" placeholder={`${t('filter')} (f)`} aria-label={t('filter')} value={words} onInput={(event) => setWords(event.currentTarget.value)} />
      </div>
      {store.notSimulated.size > 0 && (
        <div class="not-simulated" role="group" aria-label={t('notSimulated')}>
          <strong>{t('notSimulated')}</strong>
          {[...store.notSimulated].map(([call, count]) => <span key={call}><code>{call}</code> × {count}</span>)}
        </div>
      )}
      <Rows
        label={t('calls')}
        id="calls"
        items={items}
        keyOf={(entry) => entry.seq}
        chosen={session.chosen}
        choose={(entry) => session.choose(entry.seq)}
        classOf={(entry) => (entry.not_simulated || Number(entry.status) >= 500 ? 'tone-bad' : Number(entry.code ?? 0) !== 0 || Number(entry.status) >= 400 ? 'tone-warn' : '')}
        row={(entry) => (
          <>
            <time>{clockTime(store, entry.at_ms)}</time>
            <span class="label">{String(entry.method)}</span>
            <span class="text">{String(entry.path)}</span>
            {Boolean(entry.not_simulated) && <span class="tag bad">{t('notSimulated')}</span>}
            <span class="num">{String(entry.status)}{Number(entry.code ?? 0) !== 0 && ` · ${String(entry.code)}`}</span>
            {entry.ms !== undefined && <span class="dim num">{duration(Number(entry.ms))}</span>}
          </>
        )}
        empty={t('noCalls')}
      />
    </>
  );
}
