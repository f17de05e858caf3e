import assert from 'node:assert/strict';
import test from 'node:test';
import { complete, matching, mentioned, resolved, typed, type Candidate } from '../src/model/mentions';

const CANDIDATES: Candidate[] = [
  { id: 'cli_1', name: 'Echo', kind: 'app' },
  { id: 'ann', name: 'ann', kind: 'user' },
  { id: 'ann lee', name: 'ann lee', kind: 'user' },
  { id: '小明', name: '小明', kind: 'user' },
  { id: 'all', name: 'all', kind: 'all' },
];

test('a mention begins with @ at the start of a word', () => {
  assert.deepEqual(typed('hi @ec', 6), { start: 3, query: 'ec' });
  assert.deepEqual(typed('你好@小', 4), { start: 2, query: '小' });
  assert.deepEqual(typed('@', 1), { start: 0, query: '' });
  assert.equal(typed('me@example', 10), undefined);
  assert.equal(typed('hi @ec\nmore', 11), undefined);
  assert.equal(typed('hi', 2), undefined);
});

test('names that begin with what is typed come first', () => {
  assert.deepEqual(matching(CANDIDATES, 'l').map(({ name }) => name), ['ann lee', 'all']);
  assert.deepEqual(matching(CANDIDATES, 'AN').map(({ name }) => name), ['ann', 'ann lee']);
  assert.equal(matching(CANDIDATES, 'zz').length, 0);
});

test('a completed mention leaves the caret behind it', () => {
  assert.deepEqual(complete('hi @ec there', 3, 6, 'Echo'), { text: 'hi @Echo there', caret: 9 });
});

test('the longest name is meant, and each person once', () => {
  assert.deepEqual(mentioned('@ann lee and @小明, @ann lee', CANDIDATES), ['ann lee', '小明']);
  assert.deepEqual(mentioned('@all @Echo deploy', CANDIDATES), ['all', 'cli_1']);
});

test('placeholders become names, and unknown ones stay', () => {
  const mentions = [{ key: '@_user_1', name: 'Echo' }, { key: '@_user_10', name: 'ann' }];
  assert.deepEqual(resolved('@_user_1 and @_user_10, @_user_2 @_all!', mentions), [
    { mention: 'Echo' }, { text: ' and ' }, { mention: 'ann' }, { text: ', @_user_2 ' }, { mention: 'all' }, { text: '!' },
  ]);
});
