// Frames as bytes: the hex dump, the fields with their places in it, and the parts of a split message.

import type { Entry, Shown, ShownFrame } from './types';

/** One field on the wire, with the bytes it takes. */
export interface Field {
  number: number;
  name: string;
  value: string;
  start: number;
  end: number;
  children?: Field[];
}

const FRAME_FIELDS: Record<number, string> = {
  1: 'seq_id', 2: 'log_id', 3: 'service', 4: 'method', 5: 'headers', 6: 'payload_encoding', 7: 'payload_type',
  8: 'payload', 9: 'log_id_new',
};
const HEADER_FIELDS: Record<number, string> = { 1: 'key', 2: 'value' };

export function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  return bytes;
}

/** The fields of a frame. What is not well-formed ends the list with a field that says so. */
export function fieldsOf(bytes: Uint8Array): Field[] {
  return parse(bytes, 0, bytes.length, FRAME_FIELDS);
}

function parse(bytes: Uint8Array, from: number, to: number, names: Record<number, string>): Field[] {
  const fields: Field[] = [];
  let at = from;
  const broken = (start: number, value: string) => {
    fields.push({ number: 0, name: '?', value, start, end: to });
    return fields;
  };
  while (at < to) {
    const start = at;
    const tag = varint(bytes, at, to);
    if (!tag) return broken(start, 'no tag');
    at = tag.end;
    const number = Number(tag.value >> 3n);
    const name = names[number] ?? `field ${number}`;
    const kind = Number(tag.value & 7n);
    if (kind === 0) {
      const value = varint(bytes, at, to);
      if (!value) return broken(start, 'a number without end');
      at = value.end;
      fields.push({ number, name, value: signed(name, value.value), start, end: at });
    } else if (kind === 2) {
      const length = varint(bytes, at, to);
      const end = length ? length.end + Number(length.value) : Infinity;
      if (!length || end > to) return broken(start, 'longer than what is shown');
      const nested = names === FRAME_FIELDS && number === 5;
      const field: Field = { number, name, value: text(bytes.subarray(length.end, end)), start, end };
      if (nested) {
        field.children = parse(bytes, length.end, end, HEADER_FIELDS);
        field.value = field.children.map((child) => child.value).join(': ');
      }
      fields.push(field);
      at = end;
    } else if (kind === 1 || kind === 5) {
      const end = at + (kind === 1 ? 8 : 4);
      if (end > to) return broken(start, 'longer than what is shown');
      fields.push({ number, name, value: `${kind === 1 ? 64 : 32} bits`, start, end });
      at = end;
    } else {
      return broken(start, `wire type ${kind}`);
    }
  }
  return fields;
}

function varint(bytes: Uint8Array, from: number, to: number): { value: bigint; end: number } | undefined {
  let value = 0n;
  for (let at = from; at < to && at < from + 10; at += 1) {
    const byte = bytes[at] ?? 0;
    value |= BigInt(byte & 127) << BigInt(7 * (at - from));
    if (byte < 128) return { value, end: at + 1 };
  }
  return undefined;
}

/** `service` and `method` are signed numbers of 32 bits. */
function signed(name: string, value: bigint): string {
  return name === 'service' || name === 'method' ? String(BigInt.asIntN(32, value)) : String(value);
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export interface HexLine {
  offset: number;
  bytes: number[];
}

export function hexLines(bytes: Uint8Array, width = 16): HexLine[] {
  const lines: HexLine[] = [];
  for (let at = 0; at < bytes.length; at += width) lines.push({ offset: at, bytes: [...bytes.subarray(at, at + width)] });
  return lines;
}

export function shownOf(entry: Entry): Shown | undefined {
  return entry.message as Shown | undefined;
}

export function frameOf(entry: Entry): ShownFrame | undefined {
  const shown = shownOf(entry);
  return shown?.form === 'frame' ? shown : undefined;
}

export function header(frame: ShownFrame, name: string): string | undefined {
  return frame.headers.find(([key]) => key === name)?.[1];
}

/** What a frame is, in one word: its `type` header, or what stands in for it. */
export function frameType(entry: Entry): string {
  const shown = shownOf(entry);
  const frame = frameOf(entry);
  if (!frame) return shown?.form ?? '?';
  const type = header(frame, 'type') ?? '';
  if (frame.method === 1 && entry.kind === 'received') return 'ack';
  return type || (frame.method === 0 ? 'control' : 'data');
}

/** Which part of how many a frame is, if it is one of several. */
export function partOf(entry: Entry): { seq: number; sum: number; message_id: string } | undefined {
  const frame = frameOf(entry);
  if (!frame || frame.method !== 1 || entry.kind !== 'sent') return undefined;
  const sum = Number(header(frame, 'sum'));
  const seq = Number(header(frame, 'seq'));
  return sum > 1 ? { seq, sum, message_id: header(frame, 'message_id') ?? '' } : undefined;
}

/** All parts of the message that a frame is a part of, in the order of the wire. */
export function fragments(frames: readonly Entry[], entry: Entry): Entry[] {
  const part = partOf(entry);
  if (!part) return [entry];
  return frames.filter((other) => {
    const found = partOf(other);
    return found?.message_id === part.message_id && other.connection === entry.connection;
  });
}

/** The payload of a split message put together, as far as all parts are there and whole. */
export function joined(parts: readonly Entry[]): string | undefined {
  const bySeq = new Map(parts.map((entry) => [partOf(entry)?.seq ?? 0, entry]));
  const sum = partOf(parts[0] as Entry)?.sum ?? 1;
  // Text parts may be cut inside a character, so the bytes are put together, not the texts.
  const chunks: Uint8Array[] = [];
  for (let seq = 0; seq < sum; seq += 1) {
    const frame = bySeq.has(seq) ? frameOf(bySeq.get(seq) as Entry) : undefined;
    const chunk = frame && payloadBytes(bytesOf(frame.raw));
    if (!chunk) return undefined;
    chunks.push(chunk);
  }
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return text(all);
}

function payloadBytes(bytes: Uint8Array): Uint8Array | undefined {
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at, bytes.length);
    if (!tag) return undefined;
    const kind = Number(tag.value & 7n);
    const value = varint(bytes, tag.end, bytes.length);
    if (!value || (kind !== 0 && kind !== 2)) return undefined;
    const end = kind === 0 ? value.end : value.end + Number(value.value);
    if (end > bytes.length) return undefined;
    if (tag.value >> 3n === 8n) return bytes.subarray(value.end, end);
    at = end;
  }
  return undefined;
}

/** JSON text made readable, with the Base64 `data` of an ack opened; other text as it is. */
export function pretty(payload: string): string {
  try {
    const value = JSON.parse(payload) as unknown;
    if (value && typeof value === 'object' && 'data' in value && 'code' in value && typeof value.data === 'string' && value.data) {
      const bytes = Uint8Array.from(atob(value.data), (c) => c.charCodeAt(0));
      return JSON.stringify({ ...value, 'data (decoded)': JSON.parse(text(bytes)) as unknown }, null, 2);
    }
    return JSON.stringify(value, null, 2);
  } catch {
    return payload;
  }
}
