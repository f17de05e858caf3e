import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { bytesOf, fieldsOf, fragments, hexLines, joined, pretty } from '../src/model/frames';
import type { Entry } from '../src/model/types';

/** Frames that an official SDK sent, one a line. */
const vectors = (name: string) => readFileSync(path.join(process.cwd(), '../../tests/vectors', name), 'utf8').trim().split('\n');

test('frames of the official SDKs are read to their last byte', () => {
  for (const name of ['lark-oapi-1.7.5.hex', 'node-sdk-1.74.0.hex']) {
    for (const line of vectors(name)) {
      const bytes = bytesOf(line);
      const fields = fieldsOf(bytes);
      assert.ok(fields.every(({ number }) => number > 0), name);
      assert.deepEqual(fields.map(({ start }) => start), [0, ...fields.map(({ end }) => end).slice(0, -1)]);
      assert.equal(fields.at(-1)?.end, bytes.length);
      assert.ok(fields.some((field) => field.name === 'headers' && field.value.startsWith('type: ')), name);
    }
  }
});

test('bytes that are no frame are shown as far as they can be read', () => {
  assert.deepEqual(fieldsOf(bytesOf('0801')).map(({ name, value }) => [name, value]), [['seq_id', '1']]);
  assert.equal(fieldsOf(bytesOf('08')).at(-1)?.name, '?');
  assert.equal(fieldsOf(bytesOf('2aff01')).at(-1)?.name, '?');
  assert.deepEqual(fieldsOf(bytesOf('')), []);
});

test('a dump has sixteen bytes a line', () => {
  assert.deepEqual(hexLines(new Uint8Array(20)).map(({ offset, bytes }) => [offset, bytes.length]), [[0, 16], [16, 4]]);
});

test('parts are put together as bytes, in the order of their numbers', () => {
  // "长" is e9 95 bf; the first part ends inside of it.
  const part = (seq: number, payload: string, of = 2): Entry => ({
    seq: 100 - seq, at_ms: 0, kind: 'sent', connection: 7,
    message: {
      form: 'frame', seq_id: 1, log_id: 1, service: 1, method: 1, payload: '', headers: [['message_id', 'm'], ['sum', String(of)], ['seq', String(seq)]],
      raw: `08012001${(0x42).toString(16)}${(payload.length / 2).toString(16).padStart(2, '0')}${payload}`,
    },
  });
  const parts = [part(1, '95bf7d'), part(0, '7be9')];
  assert.equal(fragments(parts, parts[0] as Entry).length, 2);
  assert.equal(joined(parts), '{长}');
  assert.equal(joined([parts[0] as Entry]), undefined);
});

test('the data of an ack is opened', () => {
  const data = Buffer.from('{"toast":{"content":"完成"}}').toString('base64');
  assert.match(pretty(JSON.stringify({ code: 200, headers: {}, data })), /"content": "完成"/);
  assert.equal(pretty('not json'), 'not json');
});
