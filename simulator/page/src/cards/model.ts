// What a card is, of either schema, and what a click on it sends.

import type { CardAction } from '../model/types';
import { list, object, objects, string, type Json } from './json';

export interface CardModel {
  schema: '1.0' | '2.0';
  title: string | undefined;
  subtitle: string | undefined;
  template: string;
  tags: { text: string; colour: string }[];
  elements: Json[];
  link: string | undefined;
  streaming: boolean;
}

/** Nothing if this is no card: a template or an entity that was not resolved, or something broken. */
export function cardOf(value: unknown, language: 'en' | 'zh'): CardModel | undefined {
  const card = object(value);
  if (!card || (string(card.type) && card.data)) return undefined;
  const second = card.schema === '2.0' || object(card.body) !== undefined;
  const locales = language === 'zh' ? ['zh_cn', 'en_us'] : ['en_us', 'zh_cn'];
  const translated = object(card.i18n_elements);
  const body = object(card.body);
  const elements = second
    ? objects(body?.elements)
    : objects(card.elements ?? locales.map((locale) => translated?.[locale]).find(Array.isArray));
  const header = object(card.header);
  return {
    schema: second ? '2.0' : '1.0',
    title: textOf(header?.title, language),
    subtitle: textOf(header?.subtitle, language),
    template: string(header?.template) ?? 'default',
    tags: objects(header?.text_tag_list).map((tag) => ({
      text: textOf(tag.text, language) ?? '', colour: string(tag.color) ?? 'neutral',
    })),
    elements,
    link: string(object(card.card_link)?.url),
    streaming: object(card.config)?.streaming_mode === true,
  };
}

/** The text of a text object, or of a string. */
export function textOf(value: unknown, language: 'en' | 'zh'): string | undefined {
  const text = object(value);
  if (!text) return string(value);
  const i18n = object(text.i18n) ?? object(text.i18n_content);
  return string(i18n?.[language === 'zh' ? 'zh_cn' : 'en_us']) ?? string(text.content) ?? string(text.text);
}

/** Whether a text object is markdown. */
export function isMarkdown(value: unknown): boolean {
  const tag = object(value)?.tag;
  return tag === 'lark_md' || tag === 'markdown';
}

export interface Behaviour {
  /** What the bot gets; nothing if it is not told. */
  callback: { value: unknown } | undefined;
  link: string | undefined;
}

/** What a component does when it is used: the 1.0 keys and the 2.0 behaviours, whichever are there. */
export function behaviourOf(element: Json): Behaviour {
  const behaviours = objects(element.behaviors);
  const call = behaviours.find(({ type }) => type === 'callback');
  const open = behaviours.find(({ type }) => type === 'open_url');
  const multi = object(element.multi_url);
  const link = string(open?.default_url) ?? string(open?.pc_url) ?? string(element.url) ?? string(multi?.url) ?? string(multi?.pc_url);
  const value = call ? call.value ?? {} : element.value;
  const silent = behaviours.length > 0 && !call && element.value === undefined;
  const callback = silent || (link && value === undefined) ? undefined : { value: value ?? {} };
  return { callback, link: link || undefined };
}

/** How a form's button acts on the form, if it does. */
export function formRole(element: Json): 'submit' | 'reset' | undefined {
  const role = string(element.form_action_type) ?? string(element.action_type);
  if (role === 'submit' || role === 'form_submit') return 'submit';
  return role === 'reset' || role === 'form_reset' ? 'reset' : undefined;
}

export interface Option {
  value: string;
  text: string;
}

export function optionsOf(element: Json, language: 'en' | 'zh'): Option[] {
  return objects(element.options).map((option) => {
    const value = string(option.value) ?? '';
    return { value, text: textOf(option.text, language) ?? value };
  });
}

export function initialOptions(element: Json, options: readonly Option[]): string[] {
  const many = element.initial_options ?? element.selected_values;
  if (Array.isArray(many)) return list(many).map((value) => string(value) ?? '');
  const one = string(element.initial_option);
  const index = Number(element.initial_index);
  if (one) return [one];
  return index >= 1 && options[index - 1] ? [options[index - 1]?.value ?? ''] : [];
}

/** The reader's offset from UTC, as the platform writes it after dates. */
export function zone(date = new Date()): string {
  const minutes = -date.getTimezoneOffset();
  const two = (value: number) => String(Math.trunc(Math.abs(value))).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}${two(minutes % 60)}`;
}

/** What an input of the browser holds, as the platform sends it: `2026-01-31 12:30 +0800`. */
export function dated(value: string): string {
  return value ? `${value.replace('T', ' ')} ${zone()}` : '';
}

/** What the platform gives as initial value, as an input of the browser takes it. */
export function undated(value: unknown, kind: 'date' | 'time' | 'datetime-local'): string {
  const text = (string(value) ?? '').replace(/\s*[+-]\d{4}$/, '').trim();
  return kind === 'datetime-local' ? text.replace(' ', 'T').slice(0, 16) : text;
}

/** The action of a component that was used by itself, outside of any form. */
export function actionOf(element: Json, parts: Partial<CardAction>): CardAction {
  const name = string(element.name);
  const callback = behaviourOf(element).callback;
  return {
    tag: string(element.tag) ?? 'button',
    ...(callback && { value: callback.value }),
    ...(name && { name }),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...parts,
  };
}
