// The list of chats: as whom the reader speaks, direct chats of everybody with every app, groups.

import { useState } from 'preact/hooks';
import { api } from '../api';
import type { Store } from '../model/store';
import { attempt } from '../ui/attempt';
import { Dialog } from '../ui/dialog';
import { useText } from '../ui/settings';
import { useStore } from '../ui/watch';
import { Avatar } from './avatar';
import { chatOf, useSession, type Place } from './session';
import { summary } from './content';

interface Item {
  key: string;
  title: string;
  place: Place;
  app: boolean;
  group: boolean;
}

function items(store: Store): { direct: Item[]; groups: Item[] } {
  const direct: Item[] = [];
  for (const person of store.people.keys()) {
    for (const app of store.apps) {
      const place = { chat: undefined, person, app: app.app_id };
      const title = store.apps.length > 1 ? `${person} ⇄ ${app.name || app.app_id}` : person;
      direct.push({ key: `${person}/${app.app_id}`, title, place, app: false, group: false });
    }
  }
  const groups: Item[] = [];
  for (const chat of store.chats.values()) {
    if (chat.mode === 'p2p' || chat.dissolved) continue;
    groups.push({ key: chat.chat_id, title: chat.name || chat.chat_id, place: { chat: chat.chat_id }, app: false, group: true });
  }
  return { direct, groups };
}

export function Chats() {
  const store = useStore('chats', 'messages');
  const session = useSession();
  const t = useText();
  const [dialog, setDialog] = useState<'person' | 'group'>();
  const { direct, groups } = items(store);
  const all = [...direct, ...groups];
  const current = chatOf(store, session.place)?.chat_id;
  const isOpen = ({ place, group }: Item) => group
    ? place.chat === current
    : place.person === session.place.person && place.app === session.place.app;

  const move = (event: KeyboardEvent) => {
    const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[data-chat]')];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    buttons[Math.max(0, Math.min(buttons.length - 1, to))]?.focus();
  };
  const stop = Math.max(0, all.findIndex(isOpen));
  const row = (item: Item, index: number) => (
    <ChatRow key={item.key} item={item} open={isOpen(item)} stop={index === stop} onOpen={() => session.open(item.place)} />
  );
  return (
    <nav class="chats" aria-label={t('chats')}>
      <label class="persona">
        <span>{t('as')}</span>
        <Avatar name={session.persona} />
        <select id="persona" value={session.persona} onChange={(event) => session.setPersona(event.currentTarget.value)}>
          {[...store.people.keys()].map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <div class="chat-list" onKeyDown={move}>
        <div class="chats-head">
          <h2>{t('direct')}</h2>
          <button type="button" class="quiet" onClick={() => setDialog('person')} aria-label={t('newPerson')} title={t('newPerson')}>+</button>
        </div>
        <ul>{direct.map((item, index) => row(item, index))}</ul>
        <div class="chats-head">
          <h2>{t('groups')}</h2>
          <button type="button" class="quiet" id="new-group" onClick={() => setDialog('group')} aria-label={t('newGroup')} title={t('newGroup')}>+</button>
        </div>
        <ul>{groups.map((item, index) => row(item, direct.length + index))}</ul>
      </div>
      {dialog === 'person' && <NewPerson onClose={() => setDialog(undefined)} />}
      {dialog === 'group' && <NewGroup onClose={() => setDialog(undefined)} />}
    </nav>
  );
}

function ChatRow({ item, open, stop, onOpen }: { item: Item; open: boolean; stop: boolean; onOpen(): void }) {
  const store = useStore('messages', 'chats');
  const t = useText();
  const chat = chatOf(store, item.place);
  const last = chat && store.messages.get(store.inChat(chat.chat_id).at(-1) ?? '');
  const unread = chat ? store.unread.get(chat.chat_id) ?? 0 : 0;
  return (
    <li>
      <button type="button" data-chat class="chat" aria-current={open ? 'true' : undefined} tabIndex={stop ? 0 : -1} onClick={onOpen}>
        {item.group ? <span class="avatar group" aria-hidden="true">#</span> : <Avatar name={item.place.person ?? ''} />}
        <span class="chat-words">
          <span class="chat-title">{item.title}</span>
          <span class="chat-last">{last ? summary(last, { card: t('card'), recalled: t('recalled') }) : item.group ? t('membersCount', { n: chat?.members?.length ?? 0 }) : ''}</span>
        </span>
        {unread > 0 && <span class="badge" aria-label={t('unread', { n: unread })}>{unread > 99 ? '99+' : unread}</span>}
      </button>
    </li>
  );
}

function NewPerson({ onClose }: { onClose(): void }) {
  const store = useStore('chats');
  const t = useText();
  const session = useSession();
  const [name, setName] = useState('');
  const create = async () => {
    const person = await attempt(() => api.addPerson(name.trim()));
    if (!person) return;
    // The stream says so as well, a moment later.
    store.people.set(person.name, person);
    session.setPersona(person.name);
    onClose();
  };
  return (
    <Dialog title={t('newPerson')} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); void create(); }}>
        <label class="field">{t('name')}<input autofocus required maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
        <footer>
          <button type="button" onClick={onClose}>{t('cancel')}</button>
          <button type="submit" class="primary" disabled={!name.trim()}>{t('create')}</button>
        </footer>
      </form>
    </Dialog>
  );
}

function NewGroup({ onClose }: { onClose(): void }) {
  const store = useStore('chats');
  const t = useText();
  const session = useSession();
  const [name, setName] = useState('');
  const [members, setMembers] = useState(new Set([session.persona, ...store.apps.map(({ app_id }) => app_id)]));
  const toggle = (id: string, on: boolean) => {
    const next = new Set(members);
    if (on) next.add(id);
    else next.delete(id);
    setMembers(next);
  };
  const create = async () => {
    const chat = await attempt(() => api.addChat(session.persona, name.trim(), [...members]));
    if (!chat) return;
    // It is on its way by the stream as well, a moment later.
    store.chats.set(chat.chat_id, chat);
    session.open({ chat: chat.chat_id });
    onClose();
  };
  const choices = [
    ...[...store.people.keys()].map((person) => ({ id: person, title: person })),
    ...store.apps.map((app) => ({ id: app.app_id, title: `${app.name || app.app_id} (${t('bot')})` })),
  ];
  return (
    <Dialog title={t('newGroup')} onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); void create(); }}>
        <label class="field">{t('name')}<input autofocus required maxLength={60} value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
        <fieldset>
          <legend>{t('members')}</legend>
          {choices.map(({ id, title }) => (
            <label key={id} class="checker"><input type="checkbox" checked={members.has(id)} onChange={(event) => toggle(id, event.currentTarget.checked)} /><span>{title}</span></label>
          ))}
        </fieldset>
        <footer>
          <button type="button" onClick={onClose}>{t('cancel')}</button>
          <button type="submit" class="primary" disabled={!name.trim() || members.size === 0}>{t('create')}</button>
        </footer>
      </form>
    </Dialog>
  );
}
