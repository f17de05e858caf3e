import assert from 'node:assert/strict';
import test from 'node:test';
import { inline, markdown, plain } from '../src/model/markdown';

const text = (source: string) => ({ kind: 'text', text: source });

test('inline marks nest', () => {
  assert.deepEqual(inline('a **b *c*** `d`'), [
    text('a '),
    { kind: 'strong', children: [text('b '), { kind: 'em', children: [text('c')] }] },
    text(' '),
    { kind: 'code', text: 'd' },
  ]);
  assert.equal(plain(inline('~~x~~ ***y*** <at id=all></at> [z](https://example.com)')), 'x y @all z');
});

test('only links to the web and to mail are links', () => {
  assert.deepEqual(inline('[x](javascript:alert(1))').some(({ kind }) => kind === 'link'), false);
  assert.deepEqual(inline('<a href="data:text/html,x">y</a>').some(({ kind }) => kind === 'link'), false);
  assert.deepEqual(inline('[x](https://example.com/a)'), [{ kind: 'link', href: 'https://example.com/a', children: [text('x')] }]);
});

test('markup that is not known is text', () => {
  assert.deepEqual(inline('<img src=x onerror=alert(1)>'), [text('<img src=x onerror=alert(1)>')]);
  assert.deepEqual(inline('a \\*b\\*'), [text('a *b*')]);
});

test('blocks: headings, lists in lists, quotes, code, tables', () => {
  const blocks = markdown('# T\n- a\n- b\n    1. c\n> q\n\n```rust\nfn x() {}\n```\n| h |\n|---|\n| c |\n---');
  assert.deepEqual(blocks.map(({ kind }) => kind), ['heading', 'list', 'quote', 'code', 'table', 'hr']);
  const list = blocks[1];
  assert.ok(list?.kind === 'list' && list.items.length === 2);
  assert.deepEqual(list.items[1]?.map(({ kind }) => kind), ['p', 'list']);
});

test('a fence without an end takes the rest', () => {
  assert.deepEqual(markdown('```\na\nb'), [{ kind: 'code', language: '', text: 'a\nb' }]);
});

test('text made of marks takes no longer than other text', () => {
  const began = performance.now();
  for (const hostile of ['*'.repeat(30_000), '['.repeat(30_000), '<at id='.repeat(4_000), '> '.repeat(15_000), '`~_'.repeat(10_000)]) markdown(hostile);
  assert.ok(performance.now() - began < 4000);
});
