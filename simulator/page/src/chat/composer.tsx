// Where the reader writes: text with mentions, images and files, replies and edits.

import { useLayoutEffect, useMemo, useRef, useState, type StateUpdater } from 'preact/hooks';
import { api, type NewMessage } from '../api';
import { complete, matching, mentioned, typed, type Candidate } from '../model/mentions';
import type { Actor } from '../model/types';
import { attempt } from '../ui/attempt';
import { Icon } from '../ui/icon';
import { useText } from '../ui/settings';
import { useStore } from '../ui/watch';
import { EventDialog } from './event';
import { chatOf, useSession, type Place } from './session';

/** The message that is answered or changed. */
export interface Target {
  kind: 'reply' | 'edit';
  message: string;
  name: string;
  text: string;
  thread: boolean;
}

interface Props {
  place: Place;
  thread: string | undefined;
  target: Target | undefined;
  setTarget(target: StateUpdater<Target | undefined>): void;
}

export function Composer({ place, thread, target, setTarget }: Props) {
  const store = useStore('chats');
  const session = useSession();
  const t = useText();
  const input = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [caret, setCaret] = useState(0);
  const [active, setActive] = useState(0);
  const [dismissed, setDismissed] = useState(-1);
  const [event, setEvent] = useState(false);
  const chat = chatOf(store, place);
  const group = chat !== undefined && chat.mode !== 'p2p';

  const candidates = useMemo<Candidate[]>(() => {
    const members = group ? chat.members ?? [] : [];
    const named = ({ id }: Actor): Candidate | undefined => {
      const app = store.app(id);
      if (app) return { id: app.app_id, name: app.name || app.app_id, kind: 'app' };
      return store.people.has(id) ? { id, name: id, kind: 'user' } : undefined;
    };
    const all = members.map(named).filter((one) => one !== undefined);
    return group ? [...all.filter(({ kind }) => kind === 'app'), ...all.filter(({ kind }) => kind === 'user'), { id: 'all', name: 'all', kind: 'all' }] : [];
  }, [chat, store.apps, store.people.size, group]);
  const typing = typed(text, caret);
  const choices = typing && typing.start !== dismissed ? matching(candidates, typing.query).slice(0, 8) : [];
  const choice = choices[Math.min(active, choices.length - 1)];

  // With the drawing that shows it: who types on at once writes the answer, or changes the text that is there.
  useLayoutEffect(() => {
    if (target?.kind === 'edit') setText(target.text);
    if (target) input.current?.focus();
  }, [target]);
  useLayoutEffect(() => {
    const box = input.current;
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight + 2, 180)}px`;
  }, [text]);

  // Before the next key comes, so that those who type fast type where they mean to.
  const wanted = useRef<number>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    input.current?.focus();
    input.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = undefined;
  });
  const put = (next: { text: string; caret: number }) => {
    setText(next.text);
    setCaret(next.caret);
    setActive(0);
    wanted.current = next.caret;
  };
  const take = (candidate: Candidate) => typing && put(complete(text, typing.start, caret, candidate.name));

  /** To where a new message goes, and as an answer to what. */
  const address = (): NewMessage => {
    const root = thread ? store.byThread.get(thread)?.[0] : undefined;
    const answered = target?.kind === 'reply' ? target.message : root;
    return {
      as: session.persona,
      ...(chat ? { chat_id: chat.chat_id } : place.app && { app_id: place.app }),
      ...(answered && { reply_to: answered, in_thread: target?.kind === 'reply' ? target.thread || thread !== undefined : true }),
    };
  };
  /** Ends with the last request: what is written fast arrives in its order. */
  const sending = useRef<Promise<void>>(Promise.resolve());
  const send = () => {
    const said = text.trim();
    if (!said) return;
    const persona = session.persona;
    const message = { ...address(), text: said, mentions: mentioned(said, candidates) };
    const request = (): Promise<unknown> => (target?.kind === 'edit' ? api.edit(target.message, persona, said) : api.send(message));
    // Free at once: the message is seen before its request is answered, and may be answered or edited before that, too.
    setText('');
    setTarget(undefined);
    sending.current = sending.current.then(async () => {
      if (await attempt(request)) return;
      setText((now) => (now ? `${text}\n${now}` : text));
      setTarget((now) => now ?? target);
    });
  };
  const attach = async (files: Iterable<File>) => {
    for (const file of files) {
      const image = file.type.startsWith('image/');
      await attempt(async () => {
        const { key } = await api.upload(session.persona, file, file.name, image ? 'image' : 'file');
        const content = image ? { image_key: key } : { file_key: key, file_name: file.name };
        await api.send({ ...address(), msg_type: image ? 'image' : 'file', content: JSON.stringify(content) });
      });
    }
  };

  const keys = (pressed: KeyboardEvent) => {
    if (pressed.isComposing) return;
    if (choice) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
      if (step) setActive((active + step + choices.length) % choices.length);
      else if (pressed.key === 'Tab' || pressed.key === 'Enter') take(choice);
      else if (pressed.key === 'Escape') setDismissed(typing?.start ?? -1);
      else return;
      pressed.preventDefault();
      pressed.stopPropagation();
      return;
    }
    if (pressed.key === 'Enter' && !pressed.shiftKey) {
      pressed.preventDefault();
      send();
    } else if (pressed.key === 'Escape') {
      if (target) {
        if (target.kind === 'edit') setText('');
        setTarget(undefined);
      } else {
        input.current?.blur();
      }
      pressed.stopPropagation();
    }
  };
  return (
    <div
      class="composer"
      onDragOver={(drag) => drag.preventDefault()}
      onDrop={(drop) => {
        drop.preventDefault();
        void attach(drop.dataTransfer?.files ?? []);
      }}
    >
      {target && (
        <div class="target">
          <span>{t(target.kind === 'edit' ? 'editing' : target.thread ? 'replyingInThread' : 'replying', { name: target.name })}</span>
          <span class="dim">{target.text}</span>
          <button type="button" class="quiet" aria-label={t('cancel')} onClick={() => { if (target.kind === 'edit') setText(''); setTarget(undefined); }}>×</button>
        </div>
      )}
      {choices.length > 0 && (
        <ul class="choices" role="listbox" id="mentions" aria-label={t('mention')}>
          {choices.map((candidate, index) => (
            <li
              key={candidate.id}
              id={`mention-${index}`}
              role="option"
              aria-selected={candidate === choice}
              onMouseDown={(press) => {
                press.preventDefault();
                take(candidate);
              }}
            >
              @{candidate.name} {candidate.kind === 'app' && <span class="tag">{t('bot')}</span>}
            </li>
          ))}
        </ul>
      )}
      <textarea
        id="composer"
        ref={input}
        rows={1}
        value={text}
        disabled={!store.people.has(session.persona)}
        aria-autocomplete="list"
        {...(choices.length > 0 && { 'aria-controls': 'mentions' })}
        {...(choice && { 'aria-activedescendant': `mention-${choices.indexOf(choice)}` })}
        aria-label={t('messageTo', { name: session.persona })}
        placeholder={t('messageTo', { name: session.persona })}
        onInput={(change) => {
          setText(change.currentTarget.value);
          setCaret(change.currentTarget.selectionStart);
          setDismissed(-1);
        }}
        onSelect={(change) => setCaret(change.currentTarget.selectionStart)}
        onKeyDown={keys}
        onPaste={(paste) => {
          const files = paste.clipboardData?.files;
          if (!files?.length) return;
          paste.preventDefault();
          void attach(files);
        }}
      />
      <div class="composer-tools">
        {group && <button type="button" class="quiet" title={t('mention')} aria-label={t('mention')} onClick={() => put({ text: `${text.slice(0, caret)}@${text.slice(caret)}`, caret: caret + 1 })}><Icon name="mention" /></button>}
        <button type="button" class="quiet" title={t('attach')} aria-label={t('attach')} onClick={() => picker.current?.click()}><Icon name="attach" /></button>
        <button type="button" class="quiet" title={`${t('sendEvent')} (v)`} aria-label={t('sendEvent')} id="send-event" onClick={() => setEvent(true)}><Icon name="event" /></button>
        <button type="button" class="primary" disabled={!text.trim()} onClick={send}>{t(target?.kind === 'edit' ? 'save' : 'send')}</button>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          aria-label={t('attach')}
          onChange={(change) => {
            void attach([...(change.currentTarget.files ?? [])]);
            change.currentTarget.value = '';
          }}
        />
      </div>
      {event && <EventDialog onClose={() => setEvent(false)} />}
    </div>
  );
}
