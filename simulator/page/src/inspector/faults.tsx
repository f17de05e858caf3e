// The catalogue of faults: what to break, how often, on which connection; what is broken now.

import { useState } from 'preact/hooks';
import { api } from '../api';
import { object, string } from '../cards/json';
import { useSession } from '../chat/session';
import { faultKind } from '../model/store';
import type { ActiveFault, Faults as AllFaults, FaultKind, Parameter } from '../model/types';
import type { TextKey } from '../text/en';
import { attempt } from '../ui/attempt';
import { notify } from '../ui/notices';
import { useSettings, useText } from '../ui/settings';
import { clockTime } from '../ui/time';
import { useStore } from '../ui/watch';

export function presetName(preset: AllFaults['presets'][number]): string {
  return typeof preset === 'string' ? preset : preset.name;
}

export function presetTitle(preset: AllFaults['presets'][number], language: 'en' | 'zh'): string {
  return typeof preset === 'string' ? preset.replaceAll('_', ' ') : preset.title?.[language] ?? preset.name.replaceAll('_', ' ');
}

export function Faults() {
  const store = useStore('faults', 'connections', 'clock');
  const session = useSession();
  const t = useText();
  const { language } = useSettings();
  const [words, setWords] = useState('');
  const { active, catalogue, presets } = store.faults;
  const wanted = words.trim().toLowerCase();
  const kinds = catalogue.filter(({ name, title }) => !wanted || `${name} ${title?.en} ${title?.zh}`.toLowerCase().includes(wanted));
  return (
    <div class="scroll sections faults">
      <section aria-label={t('activeFaults')}>
        <h3>{t('activeFaults')} <span class="dim">{t('seed')} {store.seed ?? '–'}</span></h3>
        {active.length === 0
          ? <p class="dim">{t('noFaults')}</p>
          : (
            <ul class="active-faults">
              {active.map((fault) => (
                <li key={fault.id}>
                  <strong>{faultKind(store.faults, fault.name)?.title?.[language] ?? fault.name}</strong>
                  <span class="dim">{timesText(fault)} {fault.parameters && Object.keys(fault.parameters).length > 0 ? JSON.stringify(fault.parameters) : ''} {fault.connection != null ? `#${fault.connection}` : ''}</span>
                  <button type="button" class="quiet" aria-label={t('removeFault', { name: fault.name })} onClick={() => void attempt(() => api.removeFault(fault.id))}>×</button>
                </li>
              ))}
            </ul>
          )}
        <div class="actions">
          {active.length > 0 && <button type="button" onClick={() => void attempt(api.clearFaults)}>{t('clearFaults')}</button>}
          {presets.map((preset) => (
            <button key={presetName(preset)} type="button" onClick={() => void attempt(() => api.preset(presetName(preset)))}>{presetTitle(preset, language)}</button>
          ))}
        </div>
        <label class="inline">
          {t('cardFrame')}
          <select value={session.cardFrame} onChange={(event) => session.setCardFrame(event.currentTarget.value as 'event' | 'card')}>
            <option value="event">event</option>
            <option value="card">card</option>
          </select>
        </label>
      </section>
      <section aria-label={t('catalogue')}>
        <h3>{t('catalogue')}</h3>
        <div class="filters"><input type="search" id="filter" placeholder={`${t('filter')} (f)`} aria-label={t('filter')} value={words} onInput={(event) => setWords(event.currentTarget.value)} /></div>
        {[...new Set(kinds.map(({ occasion }) => occasion ?? ''))].map((occasion) => (
          <div key={occasion}>
            <h4>{t(occasionText(occasion))}</h4>
            <ul class="catalogue">{kinds.filter((kind) => (kind.occasion ?? '') === occasion).map((kind) => <Kind key={kind.name} kind={kind} />)}</ul>
          </div>
        ))}
      </section>
      {store.faultLog.items.length > 0 && (
        <section aria-label={t('faultLog')}>
          <h3>{t('faultLog')}</h3>
          <ol class="fault-log">
            {store.faultLog.items.slice(-30).reverse().map((entry) => (
              <li key={entry.seq}><time>{clockTime(store, entry.at_ms)}</time> <button type="button" class="link" onClick={() => session.choose(entry.seq)}>{string(object(entry.fault)?.name) ?? string(entry.name)}</button> <span class="dim">{string(entry.change)}</span></li>
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}

const OCCASIONS: readonly string[] = ['push', 'ping', 'discovery', 'upgrade', 'call', 'now'];

function occasionText(occasion: string): TextKey {
  return OCCASIONS.includes(occasion) ? (`occasion.${occasion}` as TextKey) : 'catalogue';
}

function timesText({ times, left, happened }: ActiveFault): string {
  const given = object(times);
  const often = given?.next !== undefined ? `× ${left ?? String(given.next)}` : given?.probability !== undefined ? `p = ${String(given.probability)}` : string(times) ?? '';
  return happened ? `${often} (${happened})` : often;
}

/** What was typed, as the type of the parameter wants it; nothing if it is to be the usual value. */
function typedValue(text: string, { type }: Parameter): unknown {
  return type !== 'integer' ? text : text.trim() === '' ? undefined : Number(text);
}

type Often = 'once' | 'times' | 'probability' | 'always';

function Kind({ kind }: { kind: FaultKind }) {
  const store = useStore('connections');
  const t = useText();
  const { language } = useSettings();
  const [often, setOften] = useState<Often>('once');
  const [amount, setAmount] = useState('3');
  const [share, setShare] = useState('0.1');
  const [connection, setConnection] = useState('');
  const [values, setValues] = useState<Record<string, string>>({});
  const parameters = Object.entries(kind.parameters ?? {});
  const title = kind.title?.[language] ?? kind.name;

  const add = async () => {
    const given = parameters.map(([name, parameter]) => [name, values[name] === undefined ? parameter.default : typedValue(values[name], parameter)] as const)
      .filter(([, value]) => value !== undefined);
    const times = { once: { next: 1 }, times: { next: Math.max(1, Number(amount) || 1) }, probability: { probability: Number(share) || 0 }, always: 'always' }[often];
    const done = await attempt(() => api.addFault({
      name: kind.name, parameters: Object.fromEntries(given), times, ...(connection && { connection: Number(connection) }),
    }));
    if (done) notify('info', t('faultAdded', { name: title }));
  };
  return (
    <li>
      <details>
        <summary><span>{title}</span> <code class="dim">{kind.name}</code></summary>
        <div class="fault-form">
          {parameters.map(([name, parameter]) => {
            const value = values[name] ?? String(parameter.default ?? '');
            const set = (event: { currentTarget: { value: string } }) => setValues({ ...values, [name]: event.currentTarget.value });
            return (
              <label key={name} class="field side">
                <span>{name}</span>
                {parameter.choices
                  ? <select value={value} onChange={set}>{parameter.choices.map((choice) => <option key={choice}>{choice}</option>)}</select>
                  : <input value={value} inputMode={parameter.type === 'integer' ? 'numeric' : 'text'} onInput={set} />}
              </label>
            );
          })}
          <label class="field side">
            <span>{t('often')}</span>
            <select value={often} onChange={(event) => setOften(event.currentTarget.value as Often)}>
              <option value="once">{t('often.once')}</option>
              <option value="times">{t('often.times')}</option>
              <option value="probability">{t('often.probability')}</option>
              <option value="always">{t('often.always')}</option>
            </select>
            {often === 'times' && <input type="number" min="1" aria-label={t('often.times')} value={amount} onInput={(event) => setAmount(event.currentTarget.value)} />}
            {often === 'probability' && <input type="number" min="0" max="1" step="0.05" aria-label={t('often.probability')} value={share} onInput={(event) => setShare(event.currentTarget.value)} />}
          </label>
          {kind.per_connection !== false && <label class="field side">
            <span>{t('connection')}</span>
            <select value={connection} onChange={(event) => setConnection(event.currentTarget.value)}>
              <option value="">{t('allConnections')}</option>
              {[...store.connections.keys()].map((id) => <option key={id} value={id}>#{id}</option>)}
            </select>
          </label>}
          <button type="button" class="primary" onClick={() => void add()}>{t('inject')}</button>
        </div>
      </details>
      <button type="button" class="once" title={t('injectOnce')} aria-label={`1× ${title}`} onClick={() => void attempt(() => api.addFault({ name: kind.name, times: { next: 1 } })).then((done) => done && notify('info', t('faultAdded', { name: title })))}>1×</button>
    </li>
  );
}

