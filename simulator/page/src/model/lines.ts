// A transcript entry as one line: which way it went, what it is, what it says.

import { frameOf, frameType, header, partOf, shownOf } from './frames';
import { resolved } from './mentions';
import type { ActiveFault, Chat, Entry, Message, Person } from './types';

export type Group = 'chat' | 'push' | 'ack' | 'api' | 'connection' | 'fault' | 'control' | 'frame' | 'http' | 'rule';

export interface Line {
  group: Group;
  /** To the bot, from the bot, or neither. */
  way: 'out' | 'in' | '';
  tone: 'plain' | 'good' | 'bad' | 'warn';
  label: string;
  text: string;
  /** Time to an ack, for its bar. */
  delay_ms?: number;
  bytes?: number;
}

/** Groups that the timeline shows unless told otherwise: raw frames and raw HTTP have tabs of their own. */
export const USUAL: readonly Group[] = ['chat', 'push', 'ack', 'api', 'connection', 'fault', 'rule'];
export const GROUPS: readonly Group[] = [...USUAL, 'control', 'frame', 'http'];

export function groupOf(entry: Entry): Group {
  switch (entry.kind) {
    case 'message':
    case 'message_updated':
    case 'chat':
    case 'person':
    case 'toast':
      return 'chat';
    case 'push':
    case 'redelivery_due':
      return 'push';
    case 'ack':
    case 'ack_missed':
    case 'given_up':
    case 'callback_failed':
      return 'ack';
    case 'api':
      return 'api';
    case 'request':
    case 'response':
      return 'http';
    case 'sent':
    case 'received':
      return frameOf(entry)?.method === 1 ? 'frame' : 'control';
    case 'clock':
    case 'reset':
      return 'fault';
    case 'fault':
      return 'fault';
    case 'violation':
    case 'note':
    case 'breach':
      return 'rule';
    default:
      return 'connection';
  }
}

/** `name` knows what ids are called. */
export function lineOf(entry: Entry, name: (id: string) => string = (id) => id): Line {
  const group = groupOf(entry);
  const words = (...parts: unknown[]) => parts.filter((part) => part !== undefined && part !== null && part !== '').join('  ');
  const text = (field: string) => (entry[field] === undefined || entry[field] === null ? undefined : String(entry[field]));
  const at = text('connection') === undefined ? undefined : `#${text('connection')}`;
  const line = (way: Line['way'], tone: Line['tone'], label: string, said: string, more: Partial<Line> = {}): Line =>
    ({ group, way, tone, label, text: said, ...more });

  switch (entry.kind) {
    case 'message':
    case 'message_updated': {
      const message = (entry.message ?? entry) as Message;
      const app = message.sender?.kind === 'app';
      return line(app ? 'in' : '', 'plain', message.recalled ? 'recalled' : String(entry.change ?? message.msg_type), words(name(message.sender?.id ?? ''), contentText(message)));
    }
    case 'chat': {
      const chat = (entry.chat ?? entry) as Chat;
      return line('', 'plain', 'chat', words(chat.name, chat.chat_id));
    }
    case 'person': {
      const person = (entry.person ?? entry) as Person;
      return line('', 'plain', 'person', words(person.name, person.open_id));
    }
    case 'toast':
      return line('in', text('level') === 'error' ? 'bad' : 'good', 'toast', words(text('person'), text('text')));
    case 'push': {
      const attempt = Number(entry.attempt ?? 1);
      const parts = Number(entry.parts ?? 1);
      const lost = at === undefined;
      return line('out', lost ? 'bad' : attempt > 1 ? 'warn' : 'plain', attempt > 1 ? 're-push' : 'push', words(
        text('event_type'), attempt > 1 ? `${attempt}/${text('of') ?? '?'}` : undefined,
        parts > 1 ? `${parts} parts` : undefined, lost ? 'no connection' : at,
      ), typeof entry.bytes === 'number' ? { bytes: entry.bytes } : {});
    }
    case 'ack': {
      const delay = Number(entry.delay_ms ?? 0);
      const code = Number(entry.code ?? 200);
      const late = entry.on_time === false;
      return line('in', late ? 'bad' : code === 200 ? 'good' : 'warn', `ack ${code}`, words(late ? 'late' : undefined, text('biz_rt') && `biz_rt ${text('biz_rt')}`, at), { delay_ms: delay });
    }
    case 'ack_missed':
      return line('', 'bad', 'no ack', words('3 s', at));
    case 'redelivery_due':
      return line('', 'warn', 'again', words(text('due_ms') && `at ${(Number(entry.due_ms) / 1000).toFixed(1)} s`, text('attempt') && `attempt ${text('attempt')}`));
    case 'given_up':
      return line('', 'bad', 'given up', words(text('push') && `push ${text('push')}`));
    case 'callback_failed':
      return line('', 'bad', String(entry.code ?? 'callback'), words(text('person'), text('message')));
    case 'api': {
      const code = Number(entry.code ?? 0);
      const status = Number(entry.status ?? 200);
      const good = status < 400 && code === 0;
      return line('in', entry.not_simulated ? 'bad' : good ? 'plain' : 'warn', words(text('method')), words(
        text('path'), good ? undefined : `${status} code ${code}`, entry.not_simulated ? 'not simulated' : undefined,
      ));
    }
    case 'request':
      return line('in', 'plain', words(text('method')), words(text('target')));
    case 'response':
      return line('out', Number(entry.status) < 400 ? 'plain' : 'warn', String(entry.status), words(text('body')).slice(0, 200));
    case 'sent':
    case 'received': {
      const part = partOf(entry);
      const shown = shownOf(entry);
      const frame = frameOf(entry);
      return line(entry.kind === 'sent' ? 'out' : 'in', 'plain', frameType(entry), words(
        at, part && `${part.seq + 1}/${part.sum}`, frame && header(frame, 'message_id')?.slice(0, 8),
        (frame?.payload ?? (shown && 'text' in shown ? shown.text : ''))?.slice(0, 160),
      ), frame ? { bytes: frame.raw.length >> 1 } : {});
    }
    case 'fault': {
      const fault = entry.fault as ActiveFault | undefined;
      return line('', entry.change === 'happened' ? 'warn' : 'plain', 'fault', words(fault?.name ?? text('name'), text('change'), fault?.parameters && JSON.stringify(fault.parameters)));
    }
    case 'violation':
    case 'breach':
      return line('', entry.severity === 'note' ? 'warn' : 'bad', text('rule') ?? 'violation', words(text('explanation'), text('text'), at));
    case 'note':
      return line('', 'warn', text('rule') ?? 'note', words(text('explanation'), at));
    case 'upgrade':
      return line('in', 'plain', 'upgrade', words(at, text('target')));
    case 'accepted':
      return line('out', 'good', 'open', words(at));
    case 'refused':
      return line('out', 'bad', 'refused', words(at, text('status')));
    case 'closed':
      return line('in', 'warn', 'close', words(at, text('code'), text('reason')));
    case 'closing':
      return line('out', 'warn', 'close', words(at, text('code'), text('reason')));
    case 'lost':
    case 'aborted':
    case 'frozen':
    case 'thawed':
      return line('', entry.kind === 'thawed' ? 'good' : 'bad', entry.kind, words(at));
    default: {
      const { seq: _seq, at_ms: _at, kind, ...rest } = entry;
      return line('', 'plain', kind, JSON.stringify(rest).slice(0, 200));
    }
  }
}

function contentText(message: Message): string {
  const title = (message.card as { header?: { title?: { content?: unknown } } } | undefined)?.header?.title?.content;
  if (typeof title === 'string') return title;
  const text = message.shown ?? message.content ?? '';
  try {
    const content = JSON.parse(text) as { text?: unknown };
    if (typeof content.text === 'string') {
      return resolved(content.text, message.mentions).map((part) => ('mention' in part ? `@${part.mention}` : part.text)).join('');
    }
  } catch {
    // Then it is shown as it is.
  }
  return text.slice(0, 160);
}
