import assert from 'node:assert/strict';
import test from 'node:test';
import { actionOf, behaviourOf, cardOf, dated, formRole, initialOptions, optionsOf, textOf, undated, zone } from '../src/cards/model';

test('both schemas have a header and elements', () => {
  const first = cardOf({ header: { title: { tag: 'plain_text', content: 'T' }, template: 'red' }, elements: [{ tag: 'hr' }] }, 'en');
  assert.deepEqual([first?.schema, first?.title, first?.template, first?.elements.length], ['1.0', 'T', 'red', 1]);
  const second = cardOf({ schema: '2.0', config: { streaming_mode: true }, body: { elements: [{ tag: 'markdown' }, 7, null] } }, 'en');
  assert.deepEqual([second?.schema, second?.elements.length, second?.streaming], ['2.0', 1, true]);
});

test('what is no card is none', () => {
  for (const value of [undefined, null, 7, 'x', [], { type: 'template', data: { template_id: 'AAq' } }, { type: 'card', data: { card_id: '7' } }]) {
    assert.equal(cardOf(value, 'en'), undefined);
  }
});

test('the language of the reader is chosen', () => {
  const card = { i18n_elements: { zh_cn: [{ tag: 'hr' }, { tag: 'hr' }], en_us: [{ tag: 'hr' }] } };
  assert.equal(cardOf(card, 'zh')?.elements.length, 2);
  assert.equal(cardOf(card, 'en')?.elements.length, 1);
  assert.equal(textOf({ tag: 'plain_text', content: 'a', i18n: { zh_cn: '甲' } }, 'zh'), '甲');
});

test('a click carries the value of either schema', () => {
  assert.deepEqual(behaviourOf({ value: { k: 1 } }), { callback: { value: { k: 1 } }, link: undefined });
  assert.deepEqual(behaviourOf({ behaviors: [{ type: 'callback', value: { k: 2 } }] }), { callback: { value: { k: 2 } }, link: undefined });
  assert.deepEqual(behaviourOf({ url: 'https://example.com' }), { callback: undefined, link: 'https://example.com' });
  assert.deepEqual(behaviourOf({ behaviors: [{ type: 'open_url', default_url: 'https://example.com' }] }), { callback: undefined, link: 'https://example.com' });
  const { timezone, ...action } = actionOf({ tag: 'select_static', name: 'n', value: { a: 1 } }, { option: 'x' });
  assert.ok(timezone);
  assert.deepEqual(action, { tag: 'select_static', value: { a: 1 }, name: 'n', option: 'x' });
});

test('forms are submitted and reset by the names of either schema', () => {
  assert.deepEqual([{ form_action_type: 'submit' }, { action_type: 'form_submit' }, { form_action_type: 'reset' }, { action_type: 'request' }].map(formRole), ['submit', 'submit', 'reset', undefined]);
});

test('options are counted from one', () => {
  const element = { options: [{ text: { content: 'A' }, value: 'a' }, { value: 'b' }], initial_index: 2 };
  const options = optionsOf(element, 'en');
  assert.deepEqual(options, [{ value: 'a', text: 'A' }, { value: 'b', text: 'b' }]);
  assert.deepEqual(initialOptions(element, options), ['b']);
  assert.deepEqual(initialOptions({ initial_index: 9 }, options), []);
});

test('dates carry their zone', () => {
  assert.match(zone(), /^[+-]\d{4}$/);
  assert.equal(dated('2026-01-31T12:30'), `2026-01-31 12:30 ${zone()}`);
  assert.equal(undated('2026-01-31 12:30 +0800', 'datetime-local'), '2026-01-31T12:30');
  assert.equal(undated('2026-01-31', 'date'), '2026-01-31');
});
