// A card: header, elements, and what happened when somebody used it.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Click } from '../model/store';
import type { CardAction } from '../model/types';
import { Dialog } from '../ui/dialog';
import { useSettings, useText } from '../ui/settings';
import { CardContext, type CardScope } from './context';
import { Elements } from './elements';
import { object, string, type Json } from './json';
import { cardOf, textOf } from './model';
import { colourName } from './rich';

interface Props {
  card: unknown;
  /** Without it the card is only shown. */
  act?(action: CardAction, what: string): Promise<void>;
  click?: Click | undefined;
  streaming?: boolean;
}

interface Question {
  title: string;
  text: string;
  answer(yes: boolean): void;
}

export function Card({ card: value, act, click, streaming = false }: Props) {
  const t = useText();
  const { language } = useSettings();
  const card = useMemo(() => cardOf(value, language), [value, language]);
  const [question, setQuestion] = useState<Question>();
  const latest = useRef(act);
  latest.current = act;

  const scope = useMemo<CardScope>(() => ({
    enabled: act !== undefined,
    async act(element: Json, action: CardAction, what: string) {
      const confirm = object(element.confirm);
      if (confirm) {
        const title = textOf(confirm.title, language) ?? '';
        const text = textOf(confirm.text, language) ?? '';
        const yes = await new Promise<boolean>((answer) => setQuestion({ title, text, answer }));
        setQuestion(undefined);
        if (!yes) return false;
      }
      await latest.current?.(action, what);
      return true;
    },
  }), [act !== undefined, language]);

  if (!card) return <Unresolved value={value} />;
  return (
    <CardContext.Provider value={scope}>
      <section class="card" aria-label={card.title ? `${t('card')}: ${card.title}` : t('card')}>
        {(card.title || card.subtitle) && (
          <header class={`card-head paint-${colourName(card.template)}`}>
            <span class="card-title">{card.title}</span>
            {card.tags.map(({ text, colour }, key) => <span key={key} class={`tag paint-${colourName(colour)}`}>{text}</span>)}
            {card.subtitle && <span class="card-subtitle">{card.subtitle}</span>}
          </header>
        )}
        <div class="card-body">
          <Elements elements={card.elements} />
          {(streaming || card.streaming) && <Streaming />}
        </div>
      </section>
      {click && <Outcome click={click} />}
      {question && (
        <Dialog title={question.title || t('confirm')} onClose={() => question.answer(false)}>
          <p>{question.text}</p>
          <footer>
            <button type="button" onClick={() => question.answer(false)}>{t('cancel')}</button>
            <button type="button" class="primary" autofocus onClick={() => question.answer(true)}>{t('ok')}</button>
          </footer>
        </Dialog>
      )}
    </CardContext.Provider>
  );
}

function Streaming() {
  const t = useText();
  return <span class="streaming" role="status"><i /><i /><i /><span class="unseen">{t('streaming')}</span></span>;
}

/** What the user saw after a click. */
function Outcome({ click }: { click: Click }) {
  const t = useText();
  return (
    <div class="outcome">
      <span class="clicked">{click.what ? t('clicked', { person: click.person, what: click.what }) : t('clickedSomething', { person: click.person })}</span>
      {click.waiting && <Waiting />}
      {click.toast && <span class={`card-toast ${click.toast.level}`}>{click.toast.text}</span>}
      {click.error && <span class="card-toast error">{click.error.code} · {click.error.message}</span>}
    </div>
  );
}

/** The time that the bot has, running out. */
function Waiting() {
  const t = useText();
  const bar = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const animation = bar.current?.animate([{ width: '0%' }, { width: '100%' }], { duration: 3000, fill: 'forwards' });
    return () => animation?.cancel();
  }, []);
  return <span class="waiting"><span class="unseen">{t('waiting')}</span><span class="meter"><span ref={bar} /></span></span>;
}

/** A template, an entity or something broken: named, never nothing. */
function Unresolved({ value }: { value: unknown }) {
  const t = useText();
  const card = object(value);
  const data = object(card?.data);
  const id = string(data?.template_id) ?? string(data?.card_id);
  const kind = string(card?.type);
  return (
    <section class="card unresolved" aria-label={t('card')}>
      <strong>{kind === 'template' ? t('template') : kind === 'card' ? t('entity') : t('notCard')}</strong>
      {id && <code>{id}</code>}
      <details><summary>JSON</summary><pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre></details>
    </section>
  );
}
