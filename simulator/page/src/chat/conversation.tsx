// The open chat, or one thread of it.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { defaultRangeExtractor } from '@tanstack/virtual-core';
import type { Store } from '../model/store';
import type { Message } from '../model/types';
import { Icon } from '../ui/icon';
import { useText } from '../ui/settings';
import { useVirtual } from '../ui/virtual';
import { useStore } from '../ui/watch';
import { Composer, type Target } from './composer';
import { MessageRow } from './message';
import { chatOf, placeTitle, useSession } from './session';
import { Welcome } from './welcome';

export function Conversation() {
  const store = useStore('messages', 'chats', 'connections');
  const session = useSession();
  const t = useText();
  const [target, setTarget] = useState<Target>();
  const chat = chatOf(store, session.place);
  const chatId = chat?.chat_id;
  const key = session.thread ?? chatId ?? `${session.place.person}/${session.place.app}`;
  // Together with the other messages, so that it takes away nothing that was chosen among them.
  useLayoutEffect(() => setTarget(undefined), [key]);
  useEffect(() => {
    if (chatId && store.unread.delete(chatId)) store.changed('chats');
  });
  const ids = session.thread ? store.byThread.get(session.thread) ?? [] : chatId ? store.inChat(chatId) : [];
  const inThread = session.thread !== undefined;
  // Replies in a thread stand in the thread; the chat shows its root.
  const shown = inThread ? ids : ids.filter((id) => {
    const message = store.messages.get(id);
    return message && (!message.thread_id || !message.root_id);
  });
  return (
    <section class="conversation" aria-label={t('conversation')}>
      <header class="pane-head">
        {inThread && <button type="button" onClick={() => session.openThread(undefined)}>← {t('back')}</button>}
        <h2>{inThread ? t('thread') : placeTitle(store, session.place)}</h2>
        <span class="dim" title={chat?.members?.map(({ id }) => store.app(id)?.name ?? id).join(', ')}>{chat?.mode === 'p2p' || !chat ? t('directWith', { person: session.place.person ?? session.persona }) : t('membersCount', { n: chat.members?.length ?? 0 })}</span>
        {chatId && <code class="dim id" title={chatId}>{chatId.slice(0, 10)}…</code>}
      </header>
      {shown.length === 0 ? <Welcome /> : <Messages key={key} ids={shown} onTarget={setTarget} inThread={inThread} />}
      <Composer place={session.place} thread={session.thread} target={target} setTarget={setTarget} />
    </section>
  );
}

interface MessagesProps {
  ids: readonly string[];
  inThread: boolean;
  onTarget(target: Target): void;
}

/** Behind every end. */
const FAR = 1e9;
/** So near to the end, the reader is at the end. */
const NEAR = 30;
/** A scroll so soon after a touch, a key or the wheel is the reader's. */
const READER_MS = 1000;
/** Two messages of one sender within this time need one name. */
const TOGETHER_MS = 120_000;

function Messages({ ids, onTarget, inThread }: MessagesProps) {
  const store = useStore('messages');
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string>();
  const at = active === undefined ? -1 : ids.indexOf(active);
  /** Where Tab enters the list. */
  const stop = at >= 0 ? at : ids.length - 1;
  const virtual = useVirtual({
    count: ids.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => estimate(store, ids, index),
    getItemKey: (index) => ids[index] ?? index,
    paddingStart: 12,
    paddingEnd: 12,
    // It stays in the document, wherever the reader scrolls: it may have the focus.
    rangeExtractor: (range) => {
      const seen = defaultRangeExtractor(range);
      return stop >= 0 && stop < range.count && !seen.includes(stop) ? [...seen, stop].sort((a, b) => a - b) : seen;
    },
  });
  // The end stays in view until the reader scrolls away from it, however fast messages come and heights become known.
  const pinned = useRef(true);
  const touched = useRef(0);
  const touch = () => {
    touched.current = performance.now();
  };
  useLayoutEffect(() => {
    if (box.current && pinned.current) box.current.scrollTop = FAR;
  });
  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    if (element.scrollHeight - element.scrollTop - element.clientHeight < NEAR) pinned.current = true;
    else if (performance.now() - touched.current < READER_MS) pinned.current = false;
  };
  const toEnd = () => {
    pinned.current = true;
    if (box.current) box.current.scrollTop = FAR;
  };

  /** The message that shall have the focus as soon as it is in the document, which is before the next key. */
  const wanted = useRef<string>(undefined);
  const reach = () => {
    if (wanted.current === undefined) return;
    const row = box.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(wanted.current)}"]`);
    if (!row) return;
    wanted.current = undefined;
    row.focus({ preventScroll: true });
  };
  useLayoutEffect(reach);
  const focus = (index: number) => {
    const id = ids[index];
    if (id === undefined) return;
    setActive(id);
    pinned.current = index === ids.length - 1;
    virtual.scrollToIndex(index, { align: 'auto' });
    wanted.current = id;
    reach();
  };
  const move = (event: KeyboardEvent) => {
    if (!(event.target as HTMLElement).matches('[data-message], .messages')) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const from = at < 0 ? ids.length : at;
    const to = { ArrowDown: from + 1, j: from + 1, ArrowUp: from - 1, k: from - 1, Home: 0, End: ids.length - 1, PageUp: from - 10, PageDown: from + 10 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    focus(Math.max(0, Math.min(ids.length - 1, to)));
  };
  const shown = virtual.getVirtualItems();
  // From what the list knows: asking the document would lay it out once more.
  const below = virtual.getTotalSize() - (virtual.scrollOffset ?? 0) - (virtual.scrollRect?.height ?? 0);
  return (
    <div class="messages-frame">
      <div class="messages" ref={box} role="feed" aria-label={t('messages')} aria-busy="false" tabIndex={-1} onKeyDown={move} onScroll={scrolled} onWheel={touch} onTouchMove={touch} onPointerDown={touch} onKeyUp={touch}>
        <div class="messages-inside" role="presentation" style={{ height: `${virtual.getTotalSize()}px` }}>
          {shown.map(({ index, start, key }) => {
            const message = store.messages.get(ids[index] ?? '');
            if (!message) return null;
            const before = store.messages.get(ids[index - 1] ?? '');
            return (
              <div key={key} data-index={index} ref={virtual.measureElement} class="message-place" role="presentation" style={{ transform: `translateY(${start}px)` }}>
                <MessageRow
                  message={message}
                  version={version(message)}
                  click={store.clicks.get(message.message_id)}
                  together={together(message, before)}
                  position={index + 1}
                  total={ids.length}
                  stop={index === stop}
                  replies={inThread || !message.thread_id ? 0 : (store.byThread.get(message.thread_id)?.length ?? 1) - 1}
                  onFocus={setActive}
                  onTarget={onTarget}
                  inThread={inThread}
                />
              </div>
            );
          })}
        </div>
      </div>
      {below > 60 && <button type="button" class="to-end" onClick={toEnd}><Icon name="down" />{t('newest')}</button>}
    </div>
  );
}

function together(message: Message, before: Message | undefined): boolean {
  return before !== undefined && before.sender.id === message.sender.id && message.create_ms - before.create_ms < TOGETHER_MS && !message.parent_id;
}

/** The height of a text of one line; what is higher is measured when it is seen. */
function estimate(store: Store, ids: readonly string[], index: number): number {
  const message = store.messages.get(ids[index] ?? '');
  if (!message) return 0;
  if (message.msg_type === 'interactive') return 220;
  return together(message, store.messages.get(ids[index - 1] ?? '')) ? 23 : 47;
}

/** Messages are replaced when they change, but their reactions may be changed in place. */
function version(message: Message): string {
  return `${message.update_ms ?? 0}/${message.edited ?? 0}/${message.recalled ? 1 : 0}/${message.streaming ? 1 : 0}/${(message.reactions ?? []).map(({ emoji, by }) => emoji + by.length).join()}`;
}
