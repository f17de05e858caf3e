import assert from 'node:assert/strict';
import test from 'node:test';
import { Bounded } from '../src/model/bounded';
import { groupOf, lineOf } from '../src/model/lines';
import { en } from '../src/text/en';
import { zh } from '../src/text/zh';
import { Filtered } from '../src/ui/filtered';

test('an entry of a kind that is not known is shown as it is', () => {
  const line = lineOf({ seq: 1, at_ms: 0, kind: 'from_the_future', what: 7 });
  assert.deepEqual([line.label, line.text], ['from_the_future', '{"what":7}']);
});

test('pushes without a connection and late acks are bad', () => {
  assert.equal(lineOf({ seq: 1, at_ms: 0, kind: 'push', event_type: 't', connection: null }).tone, 'bad');
  assert.equal(lineOf({ seq: 1, at_ms: 0, kind: 'ack', code: 200, delay_ms: 4000, on_time: false }).tone, 'bad');
  assert.equal(lineOf({ seq: 1, at_ms: 0, kind: 'ack', code: 200, delay_ms: 4, on_time: true }).tone, 'good');
  assert.equal(groupOf({ seq: 1, at_ms: 0, kind: 'sent', message: { form: 'ping' } }), 'control');
});

test('a filtered list follows its source, drops included', () => {
  const source = new Bounded<number>(80);
  const even = new Filtered(source, (value) => value % 2 === 0);
  for (let value = 0; value < 200; value += 1) {
    source.push(value);
    even.update();
  }
  assert.deepEqual(even.update(), source.items.filter((value) => value % 2 === 0));
  source.clear();
  assert.deepEqual(even.update(), []);
});

test('both languages fill in the same values', () => {
  const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  for (const key of Object.keys(en) as (keyof typeof en)[]) assert.deepEqual(holes(zh[key]), holes(en[key]), key);
});
