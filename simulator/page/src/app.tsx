// The page as a whole: what is open, and where it stands.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { api } from './api';
import { Chats } from './chat/chats';
import { Conversation } from './chat/conversation';
import { summary } from './chat/content';
import { chatOf, SessionContext, type Place, type Session } from './chat/session';
import { Footer } from './footer';
import { Help } from './help';
import { Inspector, TABS, type Tab } from './inspector/inspector';
import { follow } from './live';
import { frameOf } from './model/frames';
import type { Store } from './model/store';
import type { Entry, Message } from './model/types';
import { TopBar } from './topbar';
import { announce, Notices } from './ui/notices';
import { remember, remembered, useSettings, useText } from './ui/settings';
import { useShortcuts } from './ui/shortcuts';
import { Splitter } from './ui/splitter';
import { StoreContext, useStore } from './ui/watch';

/** Whom one talks as, on a platform where there is nobody. */
const FIRST_PEOPLE = ['alice', 'bob'];

/** One after the other: who comes first is the one to speak. */
async function invite() {
  for (const name of FIRST_PEOPLE) await api.addPerson(name);
}

type Pane = 'chats' | 'conversation' | 'inspector';

export function App({ store }: { store: Store }) {
  return (
    <StoreContext.Provider value={store}>
      <Page />
    </StoreContext.Provider>
  );
}

function Page() {
  const store = useStore('chats', 'link');
  const t = useText();
  const settings = useSettings();
  const [persona, setPersona] = useState(() => remembered('persona') ?? '');
  const [place, setPlace] = useState<Place>({ chat: undefined });
  const [thread, openThread] = useState<string>();
  const [chosen, choose] = useState<number>();
  const [tab, setTab] = useState<Tab>('timeline');
  const [pane, setPane] = useState<Pane>('conversation');
  const [help, setHelp] = useState(false);
  const [cardFrame, setCardFrame] = useState<'event' | 'card'>('event');
  const invited = useRef(false);
  const here = useMemo(() => ({ place, persona }), []);
  Object.assign(here, { place, persona });

  const open = (to: Place) => {
    setPlace(to);
    openThread(undefined);
    if (to.person) become(to.person);
    setPane('conversation');
  };
  const become = (name: string) => {
    setPersona(name);
    remember('persona', name);
  };
  /** Shows a pane first if only one has room. Preact draws in a microtask: this one comes after it, and before the next key. */
  const into = (to: Pane, selector: string) => {
    setPane(to);
    queueMicrotask(() => document.querySelector<HTMLElement>(selector)?.focus());
  };
  const session: Session = {
    persona,
    place,
    thread,
    chosen,
    cardFrame,
    open,
    openThread,
    choose,
    setCardFrame,
    setPersona(name) {
      become(name);
      // In a group somebody else speaks; a direct chat is another one.
      const chat = chatOf(store, place);
      if (!chat || chat.mode === 'p2p') open({ chat: undefined, person: name, app: place.app ?? store.apps[0]?.app_id ?? '' });
    },
    inspect(messageId) {
      const found = entryAbout(store, messageId);
      setTab('timeline');
      choose(found?.seq);
      into('inspector', '#timeline');
    },
  };

  // Somebody has to speak, and somewhere.
  useEffect(() => {
    const first = store.people.has(persona) ? persona : store.people.keys().next().value;
    if (first === undefined) {
      // A platform that was just started knows nobody.
      if (store.link === 'live' && !invited.current) void invite().catch(() => undefined);
      invited.current ||= store.link === 'live';
      return;
    }
    invited.current = false;
    if (first !== persona) setPersona(first);
    if (!chatOf(store, place) && (!place.person || !store.people.has(place.person))) setPlace({ chat: undefined, person: first, app: store.apps[0]?.app_id ?? '' });
  });

  const hear = (entries: Entry[]) => {
    const open = chatOf(store, here.place)?.chat_id;
    const last = entries.findLast(({ kind }) => kind === 'message')?.message as Message | undefined;
    if (!last || last.chat_id !== open || last.sender.id === here.persona) return;
    const name = store.app(last.sender.id)?.name ?? last.sender.id;
    announce(t('says', { name, text: summary(last, { card: t('card'), recalled: t('recalled') }) }));
  };
  const heard = useMemo(() => ({ hear }), []);
  heard.hear = hear;
  useEffect(() => {
    const live = follow(store, () => chatOf(store, here.place)?.chat_id, (entries) => heard.hear(entries));
    return () => live.stop();
  }, []);

  const step = (by: number) => {
    const buttons = [...document.querySelectorAll<HTMLElement>('[data-chat]')];
    const at = buttons.findIndex((button) => button.getAttribute('aria-current') === 'true');
    buttons[(at + by + buttons.length) % buttons.length]?.click();
  };
  useShortcuts({
    '?': () => setHelp(true),
    c: () => into('conversation', '#composer'),
    m: () => into('conversation', '[data-message][tabindex="0"]'),
    p: () => into('chats', '#persona'),
    n: () => {
      setPane('chats');
      document.getElementById('new-group')?.click();
    },
    v: () => document.getElementById('send-event')?.click(),
    '[': () => step(-1),
    ']': () => step(1),
    i: () => into('inspector', '.inspector .rows, .inspector .scroll button'),
    f: () => into('inspector', '#filter'),
    '/': () => into('inspector', '#filter'),
    d: () => settings.setTheme(({ system: 'dark', dark: 'light', light: 'system' } as const)[settings.theme]),
    l: () => settings.setLanguage(settings.language === 'en' ? 'zh' : 'en'),
    Escape: () => (chosen !== undefined ? choose(undefined) : openThread(undefined)),
    ...Object.fromEntries(TABS.map((id, index) => [String(index + 1), () => {
      setTab(id);
      setPane('inspector');
    }])),
  });
  return (
    <SessionContext.Provider value={session}>
      <div class={`page show-${pane}`}>
        <TopBar onHelp={() => setHelp(true)} showConnections={() => { setTab('connections'); setPane('inspector'); }} showCalls={() => { setTab('calls'); setPane('inspector'); }} />
        <Chats />
        <main>
          <Conversation />
          <Splitter label={t('splitter')} />
          <Inspector tab={tab} setTab={setTab} />
        </main>
        <Footer showFaults={() => { setTab('faults'); setPane('inspector'); }} />
        <nav class="panes" aria-label={t('title')}>
          {(['chats', 'conversation', 'inspector'] as const).map((id) => (
            <button key={id} type="button" aria-current={pane === id ? 'page' : undefined} onClick={() => setPane(id)}>{t(`pane.${id}`)}</button>
          ))}
        </nav>
      </div>
      <Notices />
      {help && <Help onClose={() => setHelp(false)} />}
    </SessionContext.Provider>
  );
}

/** What tells most about a message: the push that carried it, else the call that made it, else itself. */
function entryAbout(store: Store, messageId: string): Entry | undefined {
  const { items } = store.entries;
  const push = items.findLast((entry) => entry.kind === 'push' && entry.subject === messageId);
  if (push) return push;
  const carried = items.findLast((entry) => entry.kind === 'sent' && frameOf(entry)?.payload?.includes(messageId));
  return carried ?? items.findLast((entry) => (entry.kind === 'message' || entry.kind === 'message_updated') && (entry.message as Message | undefined)?.message_id === messageId);
}
