// All that the page knows, and how it changes: a snapshot first, then the transcript's entries in order.
//
// Nothing in here touches the document. Data is changed in place; a topic is marked, and whoever shows it is told once a
// frame (see `ui/watch.ts`).

import { Acks } from './acks';
import { Bounded } from './bounded';
import type {
  ActiveFault, App, Chat, Connection, Entry, FaultKind, Faults, Message, Person, Replayed, Snapshot, Toast,
} from './types';

/** What can be watched. */
export type Topic = 'chats' | 'messages' | 'entries' | 'acks' | 'connections' | 'faults' | 'clock' | 'link' | 'cassette';

/** Messages that are kept, the newest of all chats. */
export const MOST_MESSAGES = 20_000;
/** Transcript entries that are kept if the simulator does not say how many it keeps. */
const MOST_ENTRIES = 10_000;

/** Calls that are not simulated and are told apart. */
const MOST_CALLS = 500;

/** Kinds that are frames or messages on a connection. */
const FRAME_KINDS = new Set(['sent', 'received']);
/** Kinds that say how a connection lives. */
const CONNECTION_KINDS = new Set(['upgrade', 'accepted', 'refused', 'closed', 'closing', 'lost', 'aborted', 'frozen', 'thawed']);

export interface Click {
  person: string;
  what: string;
  at_ms: number;
  /** Not answered yet. */
  waiting?: boolean;
  toast?: Toast;
  error?: { code: number; message: string };
}

/** A cassette that was loaded, and what came of playing it. */
export interface Cassette {
  loaded: { name: string; pushes: number; acks: number } | undefined;
  playing: boolean;
  replayed: Replayed | undefined;
}

/** Whether the page hears from the simulator. */
export type Link = 'starting' | 'live' | 'lost';

export class Store {
  seq = -1;
  link: Link = 'starting';
  /** The platform's clock at the moment `clockRead` of the page's clock. */
  clock = { now_ms: 0, unix_ms: 0, speed: 1, read: 0 };
  seed: number | string | undefined;
  domain: string | undefined;
  apps: App[] = [];
  people = new Map<string, Person>();
  chats = new Map<string, Chat>();
  messages = new Map<string, Message>();
  /** Message ids of a chat, oldest first. */
  byChat = new Map<string, string[]>();
  /** Message ids of a thread, oldest first, its root first. */
  byThread = new Map<string, string[]>();
  unread = new Map<string, number>();
  /** The last thing that was clicked on a card, by message. */
  clicks = new Map<string, Click>();
  entries = new Bounded<Entry>(MOST_ENTRIES);
  frames = new Bounded<Entry>(MOST_ENTRIES);
  calls = new Bounded<Entry>(MOST_ENTRIES);
  acks = new Acks(MOST_ENTRIES);
  connections = new Map<number, Connection>();
  faults: Faults = { active: [], presets: [], catalogue: [] };
  faultLog = new Bounded<Entry>(200);
  cassette: Cassette = { loaded: undefined, playing: false, replayed: undefined };
  notSimulated = new Map<string, number>();
  violations = 0;
  /** Entries that the simulator dropped before the page read them. */
  missed = 0;
  /** Message ids in the order of their coming, for the bound. */
  private order: string[] = [];
  private readonly watchers = new Set<(topics: Set<Topic>) => void>();

  watch(tell: (topics: Set<Topic>) => void): () => void {
    this.watchers.add(tell);
    return () => this.watchers.delete(tell);
  }

  changed(...topics: Topic[]): void {
    const set = new Set(topics);
    for (const tell of this.watchers) tell(set);
  }

  /** Takes over what the simulator says. Messages that it tells no more of stay. */
  load(snapshot: Snapshot, read = 0): void {
    this.seq = snapshot.seq;
    this.clock = { now_ms: snapshot.now_ms, unix_ms: snapshot.unix_ms, speed: snapshot.speed, read };
    this.seed = snapshot.seed;
    this.domain = snapshot.domain;
    this.apps = snapshot.apps ?? [];
    this.people = new Map((snapshot.people ?? []).map((person) => [person.name, person]));
    this.chats = new Map((snapshot.chats ?? []).map((chat) => [chat.chat_id, chat]));
    for (const message of snapshot.messages ?? []) this.message(message);
    this.connections = new Map((snapshot.connections ?? []).map((connection) => [connection.id, connection]));
    this.faults = {
      active: snapshot.faults?.active ?? [],
      presets: snapshot.faults?.presets ?? [],
      catalogue: snapshot.faults?.catalogue ?? [],
    };
    this.notSimulated = new Map((snapshot.not_simulated ?? []).map(({ call, count }) => [call, count]));
    this.changed('chats', 'messages', 'connections', 'faults', 'clock', 'entries', 'acks');
  }

  /** Takes entries over, those it has seen excepted; the result is those that are new. */
  apply(entries: Entry[], open?: string): Entry[] {
    const topics = new Set<Topic>();
    const fresh = entries.filter((entry) => entry.seq > this.seq);
    for (const entry of fresh) {
      this.seq = entry.seq;
      this.entry(entry, topics, open);
    }
    if (topics.size > 0) this.changed(...topics);
    return fresh;
  }

  /** Keeps entries for the inspector. The snapshot knows their effects, but for what people saw after their clicks. */
  recall(entries: Entry[]): void {
    for (const entry of entries) {
      this.keep(entry);
      if (entry.kind === 'toast' || entry.kind === 'callback_failed') this.clicked(entry);
    }
    this.changed('entries', 'acks', 'messages');
  }

  /** Whether a snapshot is from before what is known: then the simulator was started anew, and counts from the beginning. */
  isOlder(snapshot: Snapshot): boolean {
    const latest = this.entries.items.at(-1)?.at_ms ?? this.clock.now_ms;
    return snapshot.seq < this.seq || snapshot.now_ms < latest;
  }

  /** Forgets all that happened: it was another run. */
  forgetAll(): void {
    this.forgetMessages();
    this.people.clear();
    this.chats.clear();
    this.notSimulated.clear();
    this.faults = { ...this.faults, active: [] };
    for (const list of [this.entries, this.frames, this.calls, this.faultLog]) list.clear();
    this.acks.clear();
    this.seq = -1;
    this.violations = 0;
  }

  person(id: string): Person | undefined {
    const named = this.people.get(id);
    if (named) return named;
    for (const person of this.people.values()) if (person.open_id === id) return person;
    return undefined;
  }

  app(id: string): App | undefined {
    return this.apps.find((app) => app.app_id === id || app.name === id);
  }

  /** The direct chat of a person with an app, if there is one. */
  direct(name: string, appId: string | undefined): Chat | undefined {
    for (const chat of this.chats.values()) {
      if (chat.mode === 'p2p' && isIn(chat, name) && (!appId || isIn(chat, appId))) return chat;
    }
    return undefined;
  }

  inChat(chatId: string): string[] {
    return this.byChat.get(chatId) ?? [];
  }

  private entry(entry: Entry, topics: Set<Topic>, open: string | undefined): void {
    this.keep(entry);
    topics.add('entries');
    switch (entry.kind) {
      case 'message':
      case 'message_updated': {
        const message = (entry.message ?? entry) as Message;
        if (!message.message_id || !message.chat_id) return;
        const known = this.messages.has(message.message_id);
        this.message(message);
        if (!known && message.chat_id !== open) {
          this.unread.set(message.chat_id, (this.unread.get(message.chat_id) ?? 0) + 1);
        }
        topics.add('messages');
        return;
      }
      case 'chat': {
        const chat = (entry.chat ?? entry) as Chat;
        this.chats.set(chat.chat_id, { ...this.chats.get(chat.chat_id), ...chat });
        topics.add('chats');
        return;
      }
      case 'person': {
        const person = (entry.person ?? entry) as Person;
        this.people.set(person.name, person);
        topics.add('chats');
        return;
      }
      case 'toast':
      case 'callback_failed':
        this.clicked(entry);
        topics.add('messages');
        return;
      case 'push':
      case 'ack':
      case 'ack_missed':
      case 'redelivery_due':
        topics.add('acks');
        return;
      case 'fault':
        this.fault(entry);
        topics.add('faults');
        return;
      case 'api':
        if (entry.not_simulated) {
          const call = `${String(entry.method)} ${String(entry.path)}`;
          if (this.notSimulated.has(call) || this.notSimulated.size < MOST_CALLS) {
            this.notSimulated.set(call, (this.notSimulated.get(call) ?? 0) + 1);
          }
        }
        return;
      case 'violation':
      case 'breach':
        if (entry.severity !== 'note') this.violations += 1;
        return;
      case 'clock':
        this.turned(entry);
        topics.add('clock');
        return;
      case 'reset':
        this.forgetAll();
        this.keep(entry);
        this.seq = entry.seq;
        for (const topic of ['messages', 'chats', 'faults', 'acks'] as const) topics.add(topic);
        return;
    }
    if (CONNECTION_KINDS.has(entry.kind)) {
      this.connection(entry);
      topics.add('connections');
    } else if (FRAME_KINDS.has(entry.kind)) {
      const connection = this.connections.get(Number(entry.connection));
      if (connection) connection[entry.kind as 'sent' | 'received'] = (connection[entry.kind as 'sent' | 'received'] ?? 0) + 1;
    }
  }

  /** The clock was advanced, or runs faster or slower from now on. It never goes back. */
  private turned({ at_ms, speed }: Entry): void {
    const { now_ms, unix_ms, speed: before, read: then } = this.clock;
    const read = performance.now();
    const now = Math.max(at_ms, now_ms + (read - then) * before);
    this.clock = { now_ms: now, unix_ms: unix_ms - now_ms + now, speed: Number(speed ?? before), read };
  }

  /** What somebody saw after a click. Only the page where it was made knows what was clicked. */
  private clicked(entry: Entry): void {
    const { message_id: id, person = '' } = entry as unknown as Record<string, string | undefined>;
    if (!id) return;
    const known = this.clicks.get(id);
    const what = known?.person === person ? known.what : '';
    const seen = entry.kind === 'toast'
      ? { toast: { level: String(entry.level ?? 'info'), text: String(entry.text ?? '') } }
      : { error: { code: Number(entry.code), message: String(entry.message ?? '') } };
    this.clicks.set(id, { person, what, at_ms: entry.at_ms, waiting: false, ...seen });
  }

  /** Files an entry where the inspector looks for it. */
  private keep(entry: Entry): void {
    this.entries.push(entry);
    if (FRAME_KINDS.has(entry.kind)) this.frames.push(entry);
    if (entry.kind === 'api') this.calls.push(entry);
    if (entry.kind === 'fault') this.faultLog.push(entry);
    this.acks.entry(entry);
  }

  private connection(entry: Entry): void {
    const id = Number(entry.connection);
    const known = this.connections.get(id);
    const phase = { accepted: 'open', refused: 'refused', frozen: 'frozen', thawed: 'open' }[entry.kind] ?? 'gone';
    if (entry.kind === 'upgrade') {
      const agent = (entry.headers as [string, string][] | undefined)?.find(([name]) => name.toLowerCase() === 'user-agent');
      this.connections.set(id, {
        id, phase: 'connecting', opened_ms: entry.at_ms,
        ...(agent && { user_agent: agent[1] }),
      });
    } else if (phase === 'gone' || phase === 'refused') {
      this.connections.delete(id);
    } else {
      const app = entry.app_id as string | undefined;
      this.connections.set(id, { ...(known ?? { id, opened_ms: entry.at_ms }), ...(app && { app_id: app }), phase, frozen: phase === 'frozen' });
    }
  }

  private fault(entry: Entry): void {
    const fault = entry.fault as ActiveFault | undefined;
    if (!fault) return;
    const others = this.faults.active.filter(({ id }) => id !== fault.id);
    const gone = entry.change === 'used_up' || entry.change === 'removed';
    this.faults = { ...this.faults, active: gone ? others : [...others, fault].sort((a, b) => Number(a.id) - Number(b.id)) };
  }

  private message(message: Message): void {
    const id = message.message_id;
    const known = this.messages.has(id);
    this.messages.set(id, message);
    if (message.thread_id) this.file(this.byThread, message.thread_id, id);
    if (known) return;
    this.file(this.byChat, message.chat_id, id);
    this.order.push(id);
    if (this.order.length > MOST_MESSAGES + 1000) this.order.splice(0, 1000).forEach((old) => this.forget(old));
  }

  private file(lists: Map<string, string[]>, key: string, id: string): void {
    const list = lists.get(key);
    if (!list) lists.set(key, [id]);
    // A thread is filed by whoever changes last; its ids are few.
    else if (lists === this.byChat || !list.includes(id)) list.push(id);
  }

  private forget(id: string): void {
    const message = this.messages.get(id);
    if (!message) return;
    this.messages.delete(id);
    this.clicks.delete(id);
    // The oldest of all is the oldest of its chat.
    for (const list of [this.byChat.get(message.chat_id), this.byThread.get(message.thread_id ?? '')]) {
      const at = list?.indexOf(id) ?? -1;
      if (at >= 0) list?.splice(at, 1);
    }
  }

  private forgetMessages(): void {
    this.messages.clear();
    this.byChat.clear();
    this.byThread.clear();
    this.unread.clear();
    this.clicks.clear();
    this.order = [];
  }
}

/** Whether a person, by name, or a bot, by its app's id, is in a chat. */
export function isIn(chat: Chat, id: string): boolean {
  return chat.members?.some((member) => member.id === id) === true;
}

/** How a fault is called in the catalogue. */
export function faultKind(faults: Faults, name: string): FaultKind | undefined {
  return faults.catalogue.find((kind) => kind.name === name);
}
