// The control API. All that the page does goes through here.

import type { CardAction, CardActionOutcome, Chat, Entry, Person, Replayed, Snapshot } from './model/types';

const BASE = '/_sim/v1';

/** What the simulator refused, in its words. */
export class Refused extends Error {
  constructor(readonly status: number, readonly code: string, message: string, readonly hint?: string) {
    super(hint ? `${message} (${hint})` : message);
  }
}

type Query = Record<string, string | number | undefined>;

function url(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string | number] => pair[1] !== undefined);
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `${BASE}${path}${text && `?${text}`}`;
}

async function call(method: string, path: string, body?: unknown, query?: Query): Promise<Response> {
  const binary = body instanceof Blob;
  const response = await fetch(url(path, query), {
    method,
    ...(body !== undefined && {
      body: binary ? body : JSON.stringify(body),
      headers: { 'Content-Type': binary ? body.type || 'application/octet-stream' : 'application/json' },
    }),
  });
  if (response.ok) return response;
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; hint?: string } };
    throw new Refused(response.status, error.code, error.message, error.hint);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(response.status, String(response.status), `HTTP ${response.status}`);
  }
}

const json = async <T>(method: string, path: string, body?: unknown, query?: Query) =>
  (await call(method, path, body, query)).json() as Promise<T>;
const id = encodeURIComponent;

export interface NewMessage {
  as: string;
  chat_id?: string;
  app_id?: string;
  text?: string;
  msg_type?: string;
  content?: string;
  mentions?: string[];
  reply_to?: string;
  in_thread?: boolean;
}

export const api = {
  state: () => json<Snapshot>('GET', '/state'),
  transcript: (after: number, limit: number) =>
    json<{ entries: Entry[]; seq: number; lost: number }>('GET', '/transcript', undefined, { after, limit }),
  addPerson: (name: string) => json<Person>('POST', '/people', { name }),
  addChat: (as: string, name: string, members: string[]) => json<Chat>('POST', '/chats', { as, name, members }),
  send: (message: NewMessage) => json<{ message_id: string; push?: number }>('POST', '/messages', message),
  edit: (message: string, as: string, text: string) => call('PATCH', `/messages/${id(message)}`, { as, text }),
  recall: (message: string, as: string) => call('DELETE', `/messages/${id(message)}`, undefined, { as }),
  react: (message: string, as: string, emoji: string, on: boolean) =>
    call(on ? 'POST' : 'DELETE', `/messages/${id(message)}/reactions`, { as, emoji }),
  upload: (as: string, file: Blob, name: string, kind: 'image' | 'file') =>
    json<{ key: string }>('POST', '/files', file, { as, name, kind }),
  fileUrl: (key: string) => `${BASE}/files/${id(key)}`,
  act: (as: string, message_id: string, action: CardAction, frame: 'event' | 'card') =>
    json<CardActionOutcome>('POST', '/card-actions', { as, message_id, action, frame }),
  catalogue: () => json<unknown>('GET', '/catalogue'),
  event: (event: { type: string; event?: unknown; app_id?: string }) => json<{ push: number }>('POST', '/events', event),
  addFault: (fault: { name: string; parameters?: unknown; times: unknown; connection?: number }) =>
    json<{ id: number }>('POST', '/faults', fault),
  removeFault: (fault: number | string) => call('DELETE', `/faults/${id(String(fault))}`),
  clearFaults: () => call('DELETE', '/faults'),
  faults: () => json<Snapshot['faults']>('GET', '/faults'),
  preset: (name: string) => call('POST', `/presets/${id(name)}`, {}),
  clock: (change: { advance_ms?: number; speed?: number }) =>
    json<{ now_ms: number; unix_ms: number; speed: number }>('POST', '/clock', change),
  drop: (connection: number, how: string) => call('POST', `/connections/${connection}/drop`, { how }),
  reset: () => call('POST', '/reset', {}),
  copy: async (seq: number, as: 'rust' | 'curl' | 'cassette') => (await call('GET', '/copy', undefined, { seq, as })).text(),
  exportUrl: `${BASE}/export`,
  exportCassette: async () => (await call('GET', '/export')).blob(),
  importCassette: (tape: Blob) => json<{ pushes: number; acks: number }>('POST', '/import', tape),
  /** Answered when all was answered. */
  replay: (speed: 'instant' | 'original') => json<Replayed>('POST', '/replay', { speed }),
  streamUrl: (after: number) => url('/stream', { after }),
};
