// The elements of cards that are used: buttons, selections, pickers, inputs. In a form they give it their value; outside,
// each use is a callback by itself.

import { useEffect, useId, useState } from 'preact/hooks';
import type { CardAction } from '../model/types';
import { useSettings, useText } from '../ui/settings';
import { useStore } from '../ui/watch';
import { useCard, useForm } from './context';
import type { ElementProps } from './elements';
import { string, type Json } from './json';
import { actionOf, behaviourOf, dated, formRole, initialOptions, optionsOf, textOf, undated, type Option } from './model';

/** The words of an element that say what it is. */
function useLabel(element: Json): string {
  const { language } = useSettings();
  return textOf(element.label, language) ?? textOf(element.placeholder, language) ?? textOf(element.text, language)
    ?? string(element.name) ?? string(element.tag) ?? '';
}

/** Lets the form know a value, the first one too; outside of a form it does nothing. */
function useField(element: Json, first: unknown) {
  const form = useForm();
  const name = string(element.name);
  useEffect(() => {
    if (form && name && first !== undefined && first !== '') form.values.set(name, first);
  }, []);
  return (value: unknown): boolean => {
    if (!form) return false;
    if (name) form.values.set(name, value);
    return true;
  };
}

export function Button({ element }: ElementProps) {
  const card = useCard();
  const form = useForm();
  const { language } = useSettings();
  const [busy, setBusy] = useState(false);
  const text = textOf(element.text, language) ?? '';
  const type = string(element.type) ?? 'default';
  const { callback, link } = behaviourOf(element);
  const role = form && formRole(element);
  const look = type.startsWith('primary') ? 'primary' : type.startsWith('danger') ? 'danger' : type === 'text' ? 'quiet' : '';
  const off = element.disabled === true || (!card.enabled && !(link && !callback));

  const press = async () => {
    if (role === 'reset') return form?.reset();
    if (link && !role) window.open(link, '_blank', 'noopener,noreferrer');
    if (!role && !callback) return;
    setBusy(true);
    try {
      if (role === 'submit') await form?.submit(element, text);
      else await card.act(element, actionOf(element, {}), text);
    } finally {
      setBusy(false);
    }
  };
  return (
    <button type="button" class={`card-button ${look}`} disabled={off || busy} aria-busy={busy} onClick={() => void press()}>
      {text}
      {link && !callback && !role && <span aria-hidden="true"> ↗</span>}
    </button>
  );
}

/** Uses an element by itself, outside of a form. */
function useAct(element: Json) {
  const card = useCard();
  return { off: !card.enabled || element.disabled === true, act: (parts: Partial<CardAction>, what: string) => card.act(element, actionOf(element, parts), what) };
}

export function Select({ element }: ElementProps) {
  const { language } = useSettings();
  return <Choice element={element} options={optionsOf(element, language)} />;
}

export function PersonSelect({ element }: ElementProps) {
  const store = useStore('chats');
  const { language } = useSettings();
  const given = optionsOf(element, language);
  const people = [...store.people.values()].map(({ open_id, name }) => ({ value: open_id, text: name }));
  const options = given.length > 0 ? given.map(({ value }) => ({ value, text: store.person(value)?.name ?? value })) : people;
  return <Choice element={element} options={options} />;
}

function Choice({ element, options }: ElementProps & { options: Option[] }) {
  const { off, act } = useAct(element);
  const label = useLabel(element);
  const many = string(element.tag)?.startsWith('multi_') === true;
  const first = initialOptions(element, options);
  const set = useField(element, many ? (first.length > 0 ? first : undefined) : first[0]);
  const [chosen, setChosen] = useState(first);
  const wordsFor = (values: string[]) => options.filter(({ value }) => values.includes(value)).map(({ text }) => text).join(', ');

  if (many) {
    const toggle = (value: string, on: boolean) => {
      const next = on ? [...chosen, value] : chosen.filter((other) => other !== value);
      setChosen(next);
      if (!set(next)) void act({ options: next }, wordsFor(next));
    };
    return (
      <details class="many">
        <summary>{wordsFor(chosen) || label}</summary>
        <fieldset disabled={off} aria-label={label}>
          {options.map(({ value, text }) => (
            <label key={value}>
              <input type="checkbox" checked={chosen.includes(value)} onChange={(event) => toggle(value, event.currentTarget.checked)} />
              {text}
            </label>
          ))}
        </fieldset>
      </details>
    );
  }
  const choose = (value: string) => {
    setChosen([value]);
    if (!set(value)) void act({ option: value }, wordsFor([value]));
  };
  return (
    <select aria-label={label} disabled={off} required={element.required === true} value={chosen[0] ?? ''} onChange={(event) => choose(event.currentTarget.value)}>
      {chosen.length === 0 && <option value="" disabled>{label}</option>}
      {options.map(({ value, text }) => <option key={value} value={value}>{text}</option>)}
    </select>
  );
}

export function Overflow({ element }: ElementProps) {
  const { off, act } = useAct(element);
  const { language } = useSettings();
  const t = useText();
  const options = optionsOf(element, language);
  const [turn, setTurn] = useState(0);
  const choose = (value: string) => {
    // It is a menu, not a choice that stays.
    setTurn(turn + 1);
    void act({ option: value }, options.find((option) => option.value === value)?.text ?? value);
  };
  return (
    <select key={turn} class="overflow" aria-label={t('more')} disabled={off} value="" onChange={(event) => choose(event.currentTarget.value)}>
      <option value="" disabled>⋯</option>
      {options.map(({ value, text }) => <option key={value} value={value}>{text}</option>)}
    </select>
  );
}

const PICKERS: Record<string, { type: 'date' | 'time' | 'datetime-local'; initial: string }> = {
  date_picker: { type: 'date', initial: 'initial_date' },
  picker_time: { type: 'time', initial: 'initial_time' },
  time_picker: { type: 'time', initial: 'initial_time' },
  picker_datetime: { type: 'datetime-local', initial: 'initial_datetime' },
  datetime_picker: { type: 'datetime-local', initial: 'initial_datetime' },
};

export function DatePicker({ element }: ElementProps) {
  const { off, act } = useAct(element);
  const label = useLabel(element);
  const { type, initial } = PICKERS[string(element.tag) ?? ''] ?? { type: 'date', initial: 'initial_date' };
  const first = undated(element[initial], type);
  const set = useField(element, dated(first));
  const [value, setValue] = useState(first);
  const choose = (chosen: string) => {
    setValue(chosen);
    if (chosen && !set(dated(chosen))) void act({ option: dated(chosen) }, dated(chosen));
  };
  return <input type={type} aria-label={label} title={label} disabled={off} required={element.required === true} value={value} onChange={(event) => choose(event.currentTarget.value)} />;
}

export function Input({ element }: ElementProps) {
  const { off, act } = useAct(element);
  const { language } = useSettings();
  const form = useForm();
  const id = useId();
  const first = textOf(element.default_value, language) ?? '';
  const set = useField(element, first);
  const [value, setValue] = useState(first);
  const label = textOf(element.label, language);
  const placeholder = textOf(element.placeholder, language) ?? '';
  const kind = string(element.input_type);
  const most = Math.min(1000, Math.max(1, Number(element.max_length) || 1000));
  const type = (text: string) => {
    setValue(text);
    set(text);
  };
  const send = () => !form && void act({ input_value: value }, value);
  const common = {
    id,
    placeholder,
    disabled: off,
    required: element.required === true,
    maxLength: most,
    value,
    ...(!label && { 'aria-label': placeholder || string(element.name) || 'input' }),
  };
  return (
    <div class={`field ${string(element.label_position) === 'left' ? 'side' : ''}`}>
      {label && <label for={id}>{label}</label>}
      {kind === 'multiline_text'
        ? <textarea {...common} rows={Math.min(12, Math.max(2, Number(element.rows) || 3))} onInput={(event) => type(event.currentTarget.value)} />
        : (
          <input
            {...common}
            {...(kind === 'password' ? { type: 'password' as const } : { type: 'text' as const })}
            autocomplete="off"
            onInput={(event) => type(event.currentTarget.value)}
            onKeyDown={(event) => event.key === 'Enter' && !event.isComposing && send()}
          />
        )}
      {!form && <button type="button" class="quiet" disabled={off} onClick={send} aria-label="submit">↵</button>}
    </div>
  );
}

export function Checker({ element }: ElementProps) {
  const { off, act } = useAct(element);
  const { language } = useSettings();
  const first = element.checked === true;
  const set = useField(element, first);
  const [checked, setChecked] = useState(first);
  const text = textOf(element.text, language) ?? '';
  const toggle = (on: boolean) => {
    setChecked(on);
    if (!set(on)) void act({ checked: on }, text);
  };
  return (
    <label class={`checker ${checked ? 'done' : ''}`}>
      <input type="checkbox" checked={checked} disabled={off} onChange={(event) => toggle(event.currentTarget.checked)} />
      <span>{text}</span>
    </label>
  );
}
