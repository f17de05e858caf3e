// One entry in full: bytes, fields, JSON, and ways to take it along.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import { bytesOf, fieldsOf, fragments, frameOf, header, hexLines, joined, partOf, pretty, type Field } from '../model/frames';
import { lineOf } from '../model/lines';
import type { Store } from '../model/store';
import type { Entry, ShownFrame } from '../model/types';
import { attempt } from '../ui/attempt';
import { notify } from '../ui/notices';
import { useText } from '../ui/settings';
import { Tabs } from '../ui/tabs';
import { clockTime, size } from '../ui/time';
import { useStore } from '../ui/watch';

type View = 'json' | 'fields' | 'hex';

/** The frame that an entry is about, if it is kept. */
function frameFor(store: Store, entry: Entry): Entry | undefined {
  if (frameOf(entry)) return entry;
  const id = entry.message_id;
  if ((entry.kind !== 'push' && entry.kind !== 'ack') || typeof id !== 'string') return undefined;
  const wanted = entry.kind === 'push' ? 'sent' : 'received';
  return store.frames.items.find((other) => {
    const frame = other.kind === wanted ? frameOf(other) : undefined;
    return frame !== undefined && header(frame, 'message_id') === id;
  });
}

/** The request and the answer of an API call. */
function exchangeOf(store: Store, entry: Entry): Entry[] {
  if (entry.kind !== 'api' || entry.exchange === undefined) return [];
  return store.entries.items.filter(({ kind, exchange }) => (kind === 'request' || kind === 'response') && exchange === entry.exchange);
}

export function Detail({ entry, onClose }: { entry: Entry; onClose(): void }) {
  const store = useStore();
  const t = useText();
  const frame = useMemo(() => frameFor(store, entry), [entry]);
  const shown = frame && frameOf(frame);
  const [view, setView] = useState<View>('json');
  const now = shown ? view : 'json';
  const tabs: { id: View; title: string }[] = shown
    ? [{ id: 'json', title: 'JSON' }, { id: 'fields', title: t('fields') }, { id: 'hex', title: 'Hex' }]
    : [{ id: 'json', title: 'JSON' }];
  return (
    <section class="detail" aria-label={t('detail')}>
      <header>
        <Tabs small label={t('detail')} panel="detail" tabs={tabs} chosen={now} choose={(id) => setView(id)} />
        <span class="dim mono">#{entry.seq} · {clockTime(store, entry.at_ms)}{shown && ` · ${size(shown.raw.length >> 1)}`}</span>
        <Copies entry={entry} />
        <button type="button" class="quiet" aria-label={t('close')} onClick={onClose}>×</button>
      </header>
      <div class="detail-body" id="detail" role="tabpanel" tabIndex={0} aria-labelledby={`detail-${now}`}>
        {now === 'json' && <JsonView entry={entry} frame={frame} />}
        {now === 'fields' && shown && <FieldsAndHex shown={shown} hex={false} />}
        {now === 'hex' && shown && <FieldsAndHex shown={shown} hex />}
      </div>
    </section>
  );
}

function Copies({ entry }: { entry: Entry }) {
  const t = useText();
  const copy = async (as: 'rust' | 'curl' | 'cassette') => {
    const text = await attempt(() => api.copy(entry.seq, as));
    if (text === undefined) return;
    const done = await attempt(() => navigator.clipboard.writeText(text).then(() => true));
    if (done) notify('success', t('copied', { what: as }));
  };
  return (
    <span class="copies" role="group" aria-label={t('copyAs')}>
      <span class="dim">{t('copyAs')}</span>
      <button type="button" onClick={() => void copy('rust')}>Rust</button>
      <button type="button" onClick={() => void copy('curl')}>curl</button>
      <button type="button" onClick={() => void copy('cassette')}>{t('cassette')}</button>
    </span>
  );
}

function JsonView({ entry, frame }: { entry: Entry; frame: Entry | undefined }) {
  const store = useStore();
  const t = useText();
  const shown = frame && frameOf(frame);
  const parts = useMemo(() => (frame && partOf(frame) ? fragments(store.frames.items, frame) : []), [frame]);
  const whole = parts.length > 0 ? joined(parts) : undefined;
  const exchange = exchangeOf(store, entry);
  const payload = whole ?? shown?.payload;
  return (
    <>
      {parts.length > 0 && (
        <p class="dim">
          {t('parts', { n: parts.length, sum: partOf(parts[0] as Entry)?.sum ?? 1 })}: {parts.map((part) => `${(partOf(part)?.seq ?? 0) + 1} (#${part.seq})`).join(', ')} {whole === undefined ? t('notWhole') : ''}
        </p>
      )}
      {payload !== undefined && payload !== null && <Code text={pretty(payload)} />}
      {exchange.map((half) => (
        <div key={half.seq}>
          <p class="dim">{half.kind === 'request' ? `${String(half.method)} ${String(half.target)}` : `HTTP ${String(half.status)}`}</p>
          <Code text={pretty(String(half.body ?? ''))} />
        </div>
      ))}
      {(payload === undefined || payload === null) && exchange.length === 0 && <Code text={JSON.stringify(withoutSeq(entry), null, 2)} />}
      {payload !== undefined && entry !== frame && <Code text={JSON.stringify(withoutSeq(entry), null, 2)} />}
    </>
  );
}

function withoutSeq({ seq: _seq, at_ms: _at, ...rest }: Entry): object {
  return rest;
}

/** More than this is not coloured: colours help the eye, and no eye reads that much. */
const MOST_COLOURED = 40_000;
const TOKEN = /("(?:\\.|[^"\\])*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

export function Code({ text }: { text: string }) {
  const parts = useMemo(() => {
    if (text.length > MOST_COLOURED || !/^[[{]/.test(text)) return [text];
    const found = [];
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
      if (match.index > end) found.push(text.slice(end, match.index));
      const kind = match[2] ? 'key' : match[1] ? 'string' : 'value';
      found.push(<span class={`json-${kind}`}>{match[1] ?? match[0]}</span>);
      if (match[2]) found.push(match[2]);
      end = match.index + match[0].length;
    }
    found.push(text.slice(end));
    return found;
  }, [text]);
  return <pre class="code" tabIndex={0}>{parts}</pre>;
}

function FieldsAndHex({ shown, hex }: { shown: ShownFrame; hex: boolean }) {
  const t = useText();
  const bytes = useMemo(() => bytesOf(shown.raw), [shown]);
  const fields = useMemo(() => fieldsOf(bytes), [bytes]);
  const [marked, setMarked] = useState<Field>();
  const tree = (
    <ul class="field-tree" aria-label={t('fields')}>
      {fields.map((field, key) => <FieldRow key={key} field={field} marked={marked} mark={setMarked} />)}
    </ul>
  );
  if (!hex) return tree;
  return <div class="hex-frame"><HexDump bytes={bytes} marked={marked} />{tree}</div>;
}

function FieldRow({ field, marked, mark }: { field: Field; marked: Field | undefined; mark(field: Field | undefined): void }) {
  return (
    <li>
      <button
        type="button"
        class="field-row"
        aria-pressed={field === marked}
        onClick={() => mark(field)}
        onMouseEnter={() => mark(field)}
        onFocus={() => mark(field)}
      >
        <span class="dim">{field.number || '!'}</span> <span class="json-key">{field.name}</span> <span class="field-value">{field.value.slice(0, 300)}</span>
        <span class="dim"> {field.start}…{field.end}</span>
      </button>
      {field.children && <ul>{field.children.map((child, key) => <FieldRow key={key} field={child} marked={marked} mark={mark} />)}</ul>}
    </li>
  );
}

/** More lines of a dump than anybody reads. */
const MOST_LINES = 256;

function HexDump({ bytes, marked }: { bytes: Uint8Array; marked: Field | undefined }) {
  const lines = useMemo(() => hexLines(bytes).slice(0, MOST_LINES), [bytes]);
  const dump = useRef<HTMLPreElement>(null);
  useEffect(() => dump.current?.querySelector('.hit')?.scrollIntoView({ block: 'nearest' }), [marked]);
  const classOf = (at: number) => (marked && at >= marked.start && at < marked.end ? 'hit' : undefined);
  return (
    <pre class="hex" tabIndex={0} aria-label="hex" ref={dump}>
      {lines.map(({ offset, bytes: row }) => (
        <div key={offset}>
          <span class="dim">{offset.toString(16).padStart(4, '0')}  </span>
          {row.map((byte, at) => <span key={at} class={classOf(offset + at)}>{byte.toString(16).padStart(2, '0')}{at === 7 ? '  ' : ' '}</span>)}
          {'   '.repeat(16 - row.length)}{row.length < 8 ? ' ' : ''}
          <span> </span>
          {row.map((byte, at) => <span key={at} class={classOf(offset + at) ?? 'dim'}>{byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·'}</span>)}
        </div>
      ))}
    </pre>
  );
}

/** Words to find an entry by. */
export function textOfEntry(entry: Entry): string {
  const { label, text } = lineOf(entry);
  const frame = frameOf(entry);
  return `${entry.kind} ${label} ${text} ${frame ? frame.payload ?? '' : ''}`.toLowerCase();
}
