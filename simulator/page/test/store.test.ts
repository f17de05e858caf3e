import assert from 'node:assert/strict';
import test from 'node:test';
import { Store } from '../src/model/store';
import type { Entry, Message, Snapshot } from '../src/model/types';

const message = (id: string, more: Partial<Message> = {}): Message => ({
  message_id: id, chat_id: 'oc_1', sender: { kind: 'user', id: 'alice' }, msg_type: 'text', content: '{"text":"hi"}', create_ms: 1, ...more,
});
const snapshot = (more: Partial<Snapshot> = {}): Snapshot => ({
  seq: 10, now_ms: 0, unix_ms: 0, speed: 1, apps: [{ app_id: 'cli_1', name: 'Echo' }], people: [{ name: 'alice', open_id: 'ou_1' }],
  chats: [{ chat_id: 'oc_1', mode: 'p2p', members: [{ kind: 'user', id: 'alice' }, { kind: 'app', id: 'cli_1' }] }], messages: [message('om_1')], connections: [],
  faults: { active: [], presets: [], catalogue: [] }, not_simulated: [], ...more,
});
const entry = (seq: number, kind: string, more: object = {}): Entry => ({ seq, at_ms: seq, kind, ...more });

function loaded(more: Partial<Snapshot> = {}): Store {
  const store = new Store();
  store.load(snapshot(more));
  return store;
}

test('what the snapshot knows already is not applied twice', () => {
  const store = loaded();
  const fresh = store.apply([entry(9, 'message', { message: message('om_0') }), entry(11, 'message', { message: message('om_2') })]);
  assert.deepEqual(fresh.map(({ seq }) => seq), [11]);
  assert.deepEqual(store.inChat('oc_1'), ['om_1', 'om_2']);
});

test('a message that changes keeps its place and is not unread again', () => {
  const store = loaded();
  store.apply([entry(11, 'message', { message: message('om_2') })], 'oc_other');
  store.apply([entry(12, 'message', { message: message('om_1', { recalled: true }) })], 'oc_other');
  assert.deepEqual(store.inChat('oc_1'), ['om_1', 'om_2']);
  assert.equal(store.messages.get('om_1')?.recalled, true);
  assert.equal(store.unread.get('oc_1'), 1);
});

test('the open chat has nothing unread', () => {
  const store = loaded();
  store.apply([entry(11, 'message', { message: message('om_2') })], 'oc_1');
  assert.equal(store.unread.has('oc_1'), false);
});

test('a root that becomes a thread is in it once, before its replies', () => {
  const store = loaded();
  const root = message('om_1', { thread_id: 'omt_1' });
  store.apply([
    entry(11, 'message', { message: root }),
    entry(12, 'message', { message: message('om_2', { thread_id: 'omt_1', root_id: 'om_1' }) }),
    entry(13, 'message', { message: root }),
  ]);
  assert.deepEqual(store.byThread.get('omt_1'), ['om_1', 'om_2']);
});

test('memory is bounded, and the oldest messages go first', () => {
  const store = loaded();
  const entries = Array.from({ length: 25_000 }, (_, index) => entry(11 + index, 'message', { message: message(`om_x${index}`) }));
  store.apply(entries);
  assert.ok(store.messages.size <= 21_001, String(store.messages.size));
  assert.equal(store.messages.has('om_1'), false);
  assert.equal(store.inChat('oc_1').length, store.messages.size);
  assert.ok(store.entries.items.length <= 11_250);
});

test('an ack ends the wait of its delivery and is late after three seconds', () => {
  const store = loaded();
  store.apply([
    entry(11, 'push', { push: 1, event_type: 'im.message.receive_v1', connection: 7, attempt: 1, of: 5, message_id: 'a' }),
    entry(12, 'push', { push: 2, event_type: 'im.message.receive_v1', connection: 7, attempt: 1, of: 5, message_id: 'b' }),
    entry(13, 'push', { push: 3, event_type: 'im.message.receive_v1', connection: null, attempt: 1, of: 5, message_id: 'c' }),
    entry(14, 'ack', { push: 1, message_id: 'a', code: 200, delay_ms: 40, on_time: true }),
    entry(15, 'ack_missed', { push: 2, message_id: 'b' }),
    entry(16, 'redelivery_due', { push: 2, due_ms: 15_000 }),
    entry(17, 'ack', { push: 2, message_id: 'b', code: 200, delay_ms: 3400, on_time: false }),
  ]);
  const rows = store.acks.rows.items;
  assert.deepEqual(rows.map(({ state }) => state), ['ok', 'late', 'missed']);
  assert.equal(rows[1]?.again_ms, 15_000);
  assert.deepEqual(store.acks.percentiles(), { p50: 40, p99: 3400, most: 3400, count: 2 });
});

test('a connection lives from its upgrade to its loss', () => {
  const store = loaded();
  store.apply([entry(11, 'upgrade', { connection: 7, headers: [['User-Agent', 'oapi-sdk-python']] }), entry(12, 'accepted', { connection: 7, app_id: 'cli_2' })]);
  assert.equal(store.connections.get(7)?.phase, 'open');
  assert.equal(store.connections.get(7)?.user_agent, 'oapi-sdk-python');
  assert.equal(store.connections.get(7)?.app_id, 'cli_2');
  store.apply([entry(13, 'frozen', { connection: 7 })]);
  assert.equal(store.connections.get(7)?.frozen, true);
  assert.equal(store.connections.get(7)?.app_id, 'cli_2');
  store.apply([entry(14, 'lost', { connection: 7 })]);
  assert.equal(store.connections.size, 0);
});

test('faults come and go with their entries', () => {
  const store = loaded();
  store.apply([entry(11, 'fault', { change: 'added', fault: { id: 1, name: 'duplicate' } })]);
  assert.deepEqual(store.faults.active.map(({ name }) => name), ['duplicate']);
  store.apply([entry(12, 'fault', { change: 'used_up', fault: { id: 1, name: 'duplicate' } })]);
  assert.deepEqual(store.faults.active, []);
});

test('calls that are not simulated are counted', () => {
  const store = loaded({ not_simulated: [{ call: 'GET /x', count: 2 }] });
  store.apply([entry(11, 'api', { method: 'GET', path: '/x', status: 404, not_simulated: true })]);
  assert.equal(store.notSimulated.get('GET /x'), 3);
});

test('a reset forgets what was said', () => {
  const store = loaded();
  store.apply([entry(11, 'reset')]);
  assert.deepEqual([store.messages.size, store.people.size, store.chats.size], [0, 0, 0]);
  assert.deepEqual(store.inChat('oc_1'), []);
  assert.deepEqual(store.entries.items.map(({ kind }) => kind), ['reset']);
  store.apply([entry(12, 'message', { message: message('om_2') })]);
  assert.deepEqual(store.inChat('oc_1'), ['om_2']);
});

test('what a click came to is known to those who look on, and who clicked knows on what', () => {
  const store = loaded();
  store.recall([entry(9, 'callback_failed', { push: 1, message_id: 'om_1', person: 'alice', code: 200340, message: 'no answer' })]);
  assert.deepEqual(store.clicks.get('om_1')?.error, { code: 200340, message: 'no answer' });
  store.clicks.set('om_1', { person: 'alice', what: 'Approve', at_ms: 11, waiting: true });
  store.apply([entry(12, 'toast', { message_id: 'om_1', person: 'alice', level: 'success', text: 'approved' })]);
  assert.deepEqual(store.clicks.get('om_1'), { person: 'alice', what: 'Approve', at_ms: 12, waiting: false, toast: { level: 'success', text: 'approved' } });
  // No person clicked, so nobody sees it on a card.
  store.apply([entry(13, 'callback_failed', { push: 2, message_id: null, person: null, code: 200340, message: 'no answer' })]);
  assert.equal(store.clicks.size, 1);
});

test('the clock is where an entry says that it was put, and never goes back', () => {
  const store = loaded();
  const base = store.clock.unix_ms - store.clock.now_ms;
  store.apply([{ ...entry(11, 'clock', { advanced_ms: 25_200_000, speed: 10 }), at_ms: 25_200_500 }]);
  assert.deepEqual([store.clock.now_ms, store.clock.speed], [25_200_500, 10]);
  store.apply([{ ...entry(12, 'clock', { advanced_ms: 0, speed: 1 }), at_ms: 25_200_400 }]);
  assert.ok(store.clock.now_ms >= 25_200_500);
  assert.equal(store.clock.unix_ms - store.clock.now_ms, base);
});
