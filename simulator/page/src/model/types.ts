// What the control API says, as far as the page reads it. Everything may be absent: an older or newer simulator still shows.

export interface Person {
  name: string;
  open_id: string;
  union_id?: string;
  user_id?: string;
  /** Which of eight colours the picture has. */
  avatar?: number;
}

export interface App {
  app_id: string;
  name: string;
  connections?: number;
  open_id?: string;
}

/** A person by name, or a bot by the id of its app. */
export interface Actor {
  kind: 'user' | 'app' | (string & {});
  id: string;
}

export interface Chat {
  chat_id: string;
  mode: 'p2p' | 'group' | (string & {});
  name?: string;
  members?: Actor[];
  owner?: Actor | null;
  dissolved?: boolean;
}

export interface Mention {
  /** The placeholder in the text, such as `@_user_1`. */
  key: string;
  id?: unknown;
  name?: string;
}

export interface Reaction {
  emoji: string;
  by: string[];
}

export interface Message {
  message_id: string;
  chat_id: string;
  sender: Actor;
  msg_type: string;
  /** JSON text, as it was sent. */
  content: string;
  /** JSON text, as the API and events show it. */
  shown?: string;
  mentions?: Mention[];
  root_id?: string | null;
  parent_id?: string | null;
  thread_id?: string | null;
  create_ms: number;
  update_ms?: number;
  /** How often it was edited. */
  edited?: number;
  recalled?: boolean;
  reactions?: Reaction[];
  /** The card as it is shown now; templates and entities are resolved. */
  card?: unknown;
  streaming?: boolean;
}

export interface Connection {
  id: number;
  app_id?: string;
  phase?: string;
  opened_ms?: number;
  pings?: number;
  received?: number;
  sent?: number;
  unacked?: number;
  user_agent?: string | null;
  frozen?: boolean;
}

export interface Described {
  en: string;
  zh: string;
}

export interface FaultKind {
  name: string;
  title: Described;
  /** When it happens: `push`, `ping`, `discovery`, … */
  occasion?: string;
  /** Whether it can be for one connection only. */
  per_connection?: boolean;
  parameters?: Record<string, Parameter>;
}

export interface Parameter {
  type?: 'integer' | 'text' | 'choice' | (string & {});
  default?: unknown;
  choices?: string[];
}

export interface ActiveFault {
  id: number | string;
  name: string;
  parameters?: Record<string, unknown>;
  times?: unknown;
  connection?: number | null;
  left?: number;
  happened?: number;
}

export interface Faults {
  active: ActiveFault[];
  presets: (string | { name: string; title?: Described })[];
  catalogue: FaultKind[];
}

export interface Snapshot {
  seq: number;
  now_ms: number;
  unix_ms: number;
  speed: number;
  seed?: number | string;
  domain?: string;
  apps: App[];
  people: Person[];
  chats: Chat[];
  messages: Message[];
  connections: Connection[];
  faults: Faults;
  stats?: Record<string, number>;
  not_simulated: { call: string; count: number }[];
  limits?: { frames?: number };
}

/** What a bot said to an event or a callback. */
export interface RecordedAck {
  code: number;
  on_time: boolean;
  delay_ms: number;
  data?: unknown;
}

/** An event or a callback of a cassette whose ack is another one than it was. */
export interface Difference {
  push: number;
  event_type: string;
  recorded: RecordedAck | null;
  replayed: RecordedAck | null;
}

/** What came of playing a cassette. */
export interface Replayed {
  pushes: number;
  same: number;
  different: Difference[];
}

/** A frame as the transcript shows it. */
export interface ShownFrame {
  form: 'frame';
  seq_id: number | null;
  log_id: number | null;
  service: number | null;
  method: number | null;
  headers: [string, string][];
  payload: string | null;
  raw: string;
}

export type Shown = ShownFrame | { form: 'binary' | 'text' | 'ping' | 'pong'; bytes?: number; text?: string; raw?: string };

/** One line of the transcript. What else it carries depends on its kind. */
export interface Entry {
  seq: number;
  at_ms: number;
  kind: string;
  [key: string]: unknown;
}

export interface CardAction {
  tag: string;
  value?: unknown;
  name?: string;
  option?: string;
  options?: string[];
  form_value?: Record<string, unknown>;
  input_value?: string;
  checked?: boolean;
  timezone?: string;
}

export interface CardActionOutcome {
  push?: number;
  outcome: 'ok' | 'failed' | 'pending' | (string & {});
  toast?: Toast | null;
  card?: boolean;
  error?: { code: number; message: string };
}

export interface Toast {
  level: 'info' | 'success' | 'error' | 'warning' | (string & {});
  text: string;
}
