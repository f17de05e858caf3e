import assert from 'node:assert/strict';
import test from 'node:test';
import { appOf } from '../src/chat/session';
import { Store } from '../src/model/store';

test('a direct chat is with the bot of its app, and a group begins with the first', () => {
  const store = new Store();
  store.apps = [{ app_id: 'cli_1', name: 'One' }, { app_id: 'cli_2', name: 'Two' }];
  assert.equal(appOf(store, { chat: undefined, person: 'alice', app: 'cli_2' })?.name, 'Two');
  assert.equal(appOf(store, { chat: 'oc_1' })?.name, 'One');
  assert.equal(appOf(store, { chat: undefined, person: 'alice', app: 'cli_gone' })?.name, 'One');
  assert.equal(appOf(new Store(), { chat: 'oc_1' }), undefined);
});
