// One message: who, when, what, what can be done with it.

import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { api } from '../api';
import { Card } from '../cards/card';
import { parsed } from '../cards/json';
import type { Click } from '../model/store';
import type { CardAction, Message } from '../model/types';
import { attempt } from '../ui/attempt';
import { Icon, type IconName } from '../ui/icon';
import { memo } from '../ui/memo';
import { notify } from '../ui/notices';
import { useText } from '../ui/settings';
import { wallTime } from '../ui/time';
import { useStore } from '../ui/watch';
import { Avatar } from './avatar';
import type { Target } from './composer';
import { Content, inFull, summary } from './content';
import { EMOJI, emojiText } from './emoji';
import { useSession } from './session';

interface Props {
  message: Message;
  version: string;
  click: Click | undefined;
  /** The sender is the one of the message before. */
  together: boolean;
  position: number;
  total: number;
  /** Where Tab enters the list. */
  stop: boolean;
  replies: number;
  inThread: boolean;
  onFocus(id: string): void;
  onTarget(target: Target): void;
}

export const MessageRow = memo((props: Props) => {
  const { message, click, together, position, total, stop, replies, inThread, onFocus, onTarget } = props;
  const store = useStore('chats');
  const session = useSession();
  const t = useText();
  const [picking, setPicking] = useState(false);
  // Tools are drawn where they are looked for; a thousand messages a second need none.
  const [hot, setHot] = useState(false);
  const id = message.message_id;
  const app = message.sender.kind === 'app';
  const name = app ? store.app(message.sender.id)?.name ?? message.sender.id : store.person(message.sender.id)?.name ?? message.sender.id;
  const own = !app && name === session.persona;
  const dead = message.recalled === true;
  const words = { card: t('card'), recalled: t('recalled') };

  const row = useRef<HTMLElement>(null);
  const picked = () => {
    setPicking(false);
    row.current?.focus({ preventScroll: true });
  };
  const react = (emoji: string) => {
    if (picking) picked();
    const mine = message.reactions?.some((reaction) => reaction.emoji === emoji && reaction.by.includes(session.persona));
    void attempt(() => api.react(id, session.persona, emoji, !mine));
  };
  const reply = (thread: boolean) => onTarget({ kind: 'reply', message: id, name, text: summary(message, words), thread });
  const edit = () => onTarget({ kind: 'edit', message: id, name, text: inFull(message, words), thread: false });
  const recall = () => void attempt(() => api.recall(id, session.persona));
  const editable = own && !dead && message.msg_type === 'text';

  const keys = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = ({
      r: () => !dead && reply(false),
      t: () => !dead && reply(true),
      e: () => editable && edit(),
      Delete: () => own && !dead && recall(),
      Backspace: () => own && !dead && recall(),
      '+': () => !dead && setPicking(!picking),
      Enter: () => session.inspect(id),
    } as Record<string, () => unknown>)[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  return (
    <article
      ref={row}
      class={`message ${together ? 'together' : ''} ${own ? 'own' : ''} ${app ? 'app' : ''}`}
      data-message={id}
      aria-posinset={position}
      aria-setsize={total}
      aria-label={`${name}, ${wallTime(message.create_ms)}: ${summary(message, words)}`}
      tabIndex={stop ? 0 : -1}
      onFocus={() => { setHot(true); onFocus(id); }}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget as Node | null) && setHot(false)}
      onMouseEnter={() => setHot(true)}
      onMouseLeave={(event) => !event.currentTarget.contains(document.activeElement) && setHot(false)}
      onKeyDown={keys}
    >
      {together ? <span class="gutter" aria-hidden="true">{wallTime(message.create_ms).slice(0, 5)}</span> : <Avatar name={name} app={app} />}
      <div class="message-main">
        {!together && (
          <header>
            <strong>{name}</strong>
            {app && <span class="tag">{t('bot')}</span>}
            <time dateTime={new Date(message.create_ms).toISOString()}>{wallTime(message.create_ms)}</time>
          </header>
        )}
        {message.parent_id && !inThread && <Quote id={message.parent_id} />}
        <div class="message-body">
          {dead
            ? <em class="dim">{t('recalled')}</em>
            : message.msg_type === 'interactive'
              ? <CardMessage message={message} click={click} />
              : <Content message={message} />}
          {message.streaming && message.msg_type !== 'interactive' && <span class="dim"> …</span>}
          {(message.edited ?? 0) > 0 && !dead && message.msg_type !== 'interactive' && <span class="dim edited"> ({t('edited')})</span>}
        </div>
        {(message.reactions?.length ?? 0) > 0 && !dead && (
          <div class="reactions" role="group" aria-label={t('reactions')}>
            {message.reactions?.map(({ emoji, by }) => (
              <button key={emoji} type="button" aria-pressed={by.includes(session.persona)} title={`${emoji}: ${by.map((one) => store.person(one)?.name ?? store.app(one)?.name ?? one).join(', ')}`} onClick={() => react(emoji)}>
                {emojiText(emoji)} {by.length}
              </button>
            ))}
          </div>
        )}
        {replies > 0 && <button type="button" class="link" onClick={() => session.openThread(message.thread_id ?? undefined)}>{t('replies', { n: replies })} →</button>}
      </div>
      {hot && !dead && (
        <div class="message-tools" role="toolbar" aria-label={t('actions')}>
          <Tool label={t('react')} keyName="+" icon="react" onClick={() => setPicking(!picking)} />
          <Tool label={t('reply')} keyName="r" icon="reply" onClick={() => reply(false)} />
          <Tool label={t('replyInThread')} keyName="t" icon="thread" onClick={() => reply(true)} />
          {editable && <Tool label={t('edit')} keyName="e" icon="edit" onClick={edit} />}
          {own && <Tool label={t('recall')} keyName="Del" icon="recall" onClick={recall} />}
          <Tool label={t('inspect')} keyName="Enter" icon="inspect" onClick={() => session.inspect(id)} />
        </div>
      )}
      {picking && <Picker onPick={react} onCancel={picked} />}
    </article>
  );
});

function Picker({ onPick, onCancel }: { onPick(emoji: string): void; onCancel(): void }) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => box.current?.querySelector('button')?.focus({ preventScroll: true }), []);
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onCancel();
  };
  return (
    <div ref={box} class="emoji" role="group" aria-label={t('react')} onKeyDown={keys}>
      {Object.entries(EMOJI).map(([key, text]) => (
        <button key={key} type="button" title={key} aria-label={key} onClick={() => onPick(key)}>{text}</button>
      ))}
    </div>
  );
}

function Tool({ label, keyName, icon, onClick }: { label: string; keyName: string; icon: IconName; onClick(): void }) {
  return <button type="button" tabIndex={-1} aria-label={label} title={`${label} (${keyName})`} onClick={onClick}><Icon name={icon} /></button>;
}

function Quote({ id }: { id: string }) {
  const store = useStore('chats');
  const t = useText();
  const message = store.messages.get(id);
  if (!message) return <blockquote class="quote"><code>{id}</code></blockquote>;
  const { sender } = message;
  const name = sender.kind === 'app' ? store.app(sender.id)?.name ?? sender.id : sender.id;
  return <blockquote class="quote">{name}: {summary(message, { card: t('card'), recalled: t('recalled') })}</blockquote>;
}

function CardMessage({ message, click }: { message: Message; click: Click | undefined }) {
  const store = useStore();
  const session = useSession();
  const t = useText();
  const id = message.message_id;
  const act = async (action: CardAction, what: string) => {
    const person = session.persona;
    const begun: Click = { person, what, at_ms: store.clock.now_ms, waiting: true };
    store.clicks.set(id, begun);
    store.changed('messages');
    try {
      const outcome = await api.act(person, id, action, session.cardFrame);
      const error = outcome.error ?? (outcome.outcome === 'failed' ? { code: 200340, message: t('callbackFailed') } : undefined);
      store.clicks.set(id, { ...begun, waiting: false, ...(outcome.toast && { toast: outcome.toast }), ...(error && { error }) });
      if (error) notify('error', `${error.code} · ${error.message}`);
      else if (outcome.toast) notify(toneOf(outcome.toast.level), outcome.toast.text);
    } catch (error) {
      store.clicks.delete(id);
      notify('error', error instanceof Error ? error.message : String(error));
    }
    store.changed('messages');
  };
  return <Card card={message.card ?? parsed(message.content)} act={act} click={click} streaming={message.streaming === true} />;
}

function toneOf(type: string | undefined) {
  return type === 'success' || type === 'error' || type === 'warning' ? type : 'info';
}
