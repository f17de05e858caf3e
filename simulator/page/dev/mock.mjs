// A stand-in for the simulator, for work on the page without building it: the control API with a bot inside.
//
//   node dev/mock.mjs [PORT]      then open http://127.0.0.1:PORT/_sim; the page is built anew for each load

import http from 'node:http';
import { page } from '../build.mjs';

const port = Number(process.argv[2] ?? 9390);
const began = Date.now();
const now = () => Date.now() - began;
let seq = 0;
let ids = 0;
const id = (prefix) => `${prefix}_${(++ids).toString(16).padStart(32, '0')}`;
const entries = [];
const readers = new Set();
const APP = 'cli_51a0000000000001';
const actors = (ids) => ids.map((one) => ({ kind: one === APP ? 'app' : 'user', id: one }));
const people = ['alice', 'bob', '小明'].map((name, colour) => ({ name, open_id: id('ou'), union_id: id('on'), user_id: `u${colour}`, avatar: colour }));
const chats = new Map();
const messages = new Map();
const files = new Map();
let faults = [];
const connections = [{ id: 7001, app_id: APP, phase: 'open', opened_ms: 0, pings: 1 }];
const catalogue = [
  ['drop', 'Drop the connection', '断开连接', { how: 'eof' }], ['delay', 'Deliver late', '延迟投递', { delay_ms: 1000, jitter_ms: 0 }],
  ['duplicate', 'Deliver twice', '重复投递', { copies: 2 }], ['split', 'Split into parts', '拆分', { parts: 3 }],
  ['reorder', 'Parts out of order', '乱序', {}], ['wrong_seq', 'Wrong part number', '错误的分片序号', {}],
  ['mute_pong', 'No pong', '不回 pong', {}], ['half_open', 'Accept, answer nothing', '半开连接', {}], ['storm', 'Drop all', '重连风暴', { clients: 20 }],
].map(([name, en, zh, parameters]) => ({ name, title: { en, zh }, parameters }));

const batch = [];
setInterval(() => {
  if (batch.length === 0) return;
  const data = JSON.stringify(batch.splice(0));
  for (const reader of readers) reader.write(`event: entries\nid: ${seq}\ndata: ${data}\n\n`);
}, 100);
function add(kind, more = {}) {
  const entry = { seq: ++seq, at_ms: now(), kind, ...more };
  entries.push(entry);
  if (entries.length > 10000) entries.shift();
  batch.push(entry);
  return entry;
}

const varint = (value) => {
  const bytes = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
};
const bytesField = (number, bytes) => [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
const textField = (number, text) => bytesField(number, Buffer.from(text));
function frame(seqId, method, headers, payload) {
  const raw = [
    ...varint(8), ...varint(seqId), ...varint(16), ...varint(123456789), ...varint(24), ...varint(33554678), ...varint(32), ...varint(method),
    ...headers.flatMap(([key, value]) => bytesField(5, [...textField(1, key), ...textField(2, value)])),
    ...(payload === null ? [] : bytesField(8, payload)),
  ];
  return { form: 'frame', seq_id: seqId, log_id: 123456789, service: 33554678, method, headers, payload: payload === null ? null : Buffer.from(payload).toString(), raw: Buffer.from(raw).toString('hex') };
}

let pushes = 0;
function push(type, event, subject, ackMs, data) {
  const push = ++pushes;
  const message_id = id('m').slice(2);
  const payload = Buffer.from(JSON.stringify({ schema: '2.0', header: { event_id: id('e'), event_type: type, create_time: String(Date.now()) }, event }));
  const parts = payload.length > 900 || faults.some(({ name }) => name === 'split') ? 3 : 1;
  add('push', { push, event_type: type, event_id: id('ev'), connection: 7001, attempt: 1, of: 5, parts, message_id, bytes: payload.length, subject });
  const step = Math.ceil(payload.length / parts);
  for (let part = 0; part < parts; part += 1) {
    const headers = [['type', 'event'], ['message_id', message_id], ['sum', String(parts)], ['seq', String(part)], ['trace_id', id('t')]];
    add('sent', { connection: 7001, message: frame(push * 4 + part, 1, headers, payload.subarray(part * step, (part + 1) * step)) });
  }
  setTimeout(() => {
    const answer = Buffer.from(JSON.stringify({ code: 200, headers: {}, data: data ? Buffer.from(JSON.stringify(data)).toString('base64') : null }));
    add('received', { connection: 7001, message: frame(push * 4, 1, [['type', 'event'], ['message_id', message_id], ['biz_rt', String(ackMs)]], answer) });
    add('ack', { push, message_id, connection: 7001, code: 200, biz_rt: ackMs, delay_ms: ackMs, on_time: ackMs <= 3000, ...(data && { data }) });
  }, ackMs);
  return push;
}

function store(message) {
  messages.set(message.message_id, message);
  add('message', { message: structuredClone(message) });
  return message;
}
function chatFor(name) {
  const found = [...chats.values()].find((chat) => chat.mode === 'p2p' && chat.members.some(({ id }) => id === name));
  if (found) return found;
  const chat = { chat_id: id('oc'), mode: 'p2p', members: actors([name, APP]) };
  chats.set(chat.chat_id, chat);
  add('chat', { chat });
  return chat;
}
function say(body) {
  const chat = body.chat_id ? chats.get(body.chat_id) : chatFor(body.as);
  const mentions = [];
  const text = body.text?.replace(/@(\w+)/g, (all, name) => {
    if (name === 'all') return '@_all';
    const key = `@_user_${mentions.length + 1}`;
    mentions.push({ key, name, id: name });
    return key;
  });
  const root = body.reply_to ? messages.get(body.reply_to) : undefined;
  if (body.in_thread && root) {
    root.thread_id ??= id('omt');
    store(root);
  }
  const content = text === undefined ? body.content : JSON.stringify({ text });
  return store({
    message_id: id('om'), chat_id: chat.chat_id, sender: { kind: 'user', id: body.as }, msg_type: body.msg_type ?? 'text', content, shown: content, mentions,
    parent_id: root?.message_id ?? null, root_id: root?.root_id ?? root?.message_id ?? null, thread_id: body.in_thread ? root?.thread_id : root?.thread_id ?? null,
    create_ms: Date.now(), update_ms: Date.now(), edited: 0, recalled: false, reactions: [],
  });
}
function reply(chat_id, msg_type, content, more = {}) {
  add('api', { method: 'POST', path: '/open-apis/im/v1/messages', status: 200, code: 0, ms: 4, app_id: APP });
  return store({
    message_id: id('om'), chat_id, sender: { kind: 'app', id: APP }, msg_type, content: JSON.stringify(content), shown: JSON.stringify(content), mentions: [],
    create_ms: Date.now(), update_ms: Date.now(), edited: 0, recalled: false, reactions: [], ...(msg_type === 'interactive' && { card: content }), ...more,
  });
}
const text = (content, tag = 'plain_text') => ({ tag, content });
const card1 = (note = 'Posted by the echo bot') => ({
  config: { update_multi: true }, header: { title: text('Deploy to production?'), template: 'blue' },
  elements: [
    { tag: 'div', text: text('**service** `api` at <font color="green">v1.42.0</font>, asked by <at id=all></at>', 'lark_md'), fields: [{ is_short: true, text: text('**Region**\neu-central', 'lark_md') }, { is_short: true, text: text('**Risk**\nlow', 'lark_md') }], extra: { tag: 'overflow', options: [{ text: text('Logs'), value: 'logs' }, { text: text('Owner'), value: 'owner' }] } },
    { tag: 'hr' },
    { tag: 'action', actions: [
      { tag: 'button', text: text('Approve'), type: 'primary', value: { approve: true } }, { tag: 'button', text: text('Reject'), type: 'danger', value: { approve: false }, confirm: { title: text('Sure?'), text: text('The deployment will be cancelled.') } },
      { tag: 'button', text: text('Docs'), url: 'https://example.com/docs' },
      { tag: 'select_static', placeholder: text('Environment'), options: [{ text: text('staging'), value: 's' }, { text: text('production'), value: 'p' }], value: { key: 'env' } },
      { tag: 'date_picker', initial_date: '2026-01-31', value: {} },
    ] },
    { tag: 'note', elements: [text(note)] },
  ],
});
const card2 = {
  schema: '2.0', config: { update_multi: true }, header: { title: text('Incident 2041'), subtitle: text('payments are slow'), template: 'red', text_tag_list: [{ tag: 'text_tag', text: text('P1'), color: 'red' }, { tag: 'text_tag', text: text('open'), color: 'orange' }] },
  body: { elements: [
    { tag: 'markdown', content: '### What we know\n- p99 is **4.2 s**, was 0.3 s\n- since `14:03`\n  1. nested\n\n> quoted, *in italics*, ~~gone~~\n\n```js\nconst a = 1;\n```\n[a link](https://example.com) and 中文' },
    { tag: 'column_set', background_style: 'grey', columns: [{ tag: 'column', width: 'weighted', weight: 1, elements: [{ tag: 'markdown', content: '**Affected**\n12 %' }] }, { tag: 'column', width: 'weighted', weight: 2, elements: [{ tag: 'markdown', content: '**Owner**\npayments team' }] }] },
    { tag: 'form', name: 'f', elements: [
      { tag: 'input', name: 'why', label: text('Cause'), placeholder: text('what happened'), required: true }, { tag: 'multi_select_static', name: 'teams', placeholder: text('Teams'), options: ['payments', 'core', 'edge'].map((value) => ({ text: text(value), value })) },
      { tag: 'picker_datetime', name: 'since', placeholder: text('since') }, { tag: 'checker', name: 'told', text: text('customers were told'), checked: false },
      { tag: 'button', name: 'go', text: text('Submit'), type: 'primary', form_action_type: 'submit' }, { tag: 'button', name: 'no', text: text('Reset'), form_action_type: 'reset' },
    ] },
    { tag: 'collapsible_panel', header: { title: text('More') }, expanded: false, elements: [{ tag: 'markdown', content: 'hidden *detail*' }] },
    { tag: 'chart', chart_spec: { type: 'line' } },
  ] },
};
function bot(message) {
  const said = JSON.parse(message.content).text ?? '';
  push('im.message.receive_v1', { message }, message.message_id, said === 'slow' ? 3400 : 20 + Math.random() * 400);
  setTimeout(() => {
    if (said === 'card') reply(message.chat_id, 'interactive', card1());
    else if (said === 'form') reply(message.chat_id, 'interactive', card2);
    else if (said === 'stream') stream(message.chat_id);
    else if (said === 'unknown') add('api', { method: 'GET', path: '/open-apis/calendar/v4/calendars', status: 404, code: 99991301, ms: 1, app_id: APP, not_simulated: true });
    else reply(message.chat_id, 'text', { text: `echo: ${said}` }, message.thread_id ? { thread_id: message.thread_id, root_id: message.root_id, parent_id: message.message_id } : {});
  }, 60);
}
function stream(chat_id) {
  const words = '正在思考 … Long connections carry **events** from the platform to your bot, without any public address.'.split(' ');
  const shown = (n) => ({ schema: '2.0', config: { streaming_mode: n < words.length }, header: { title: text('Answer'), template: 'purple' }, body: { elements: [{ tag: 'markdown', element_id: 'm', content: words.slice(0, n).join(' ') }] } });
  const message = reply(chat_id, 'interactive', shown(1), { streaming: true });
  let n = 1;
  const timer = setInterval(() => {
    n += 1;
    Object.assign(message, { card: shown(n), streaming: n < words.length, update_ms: Date.now() });
    store(message);
    if (n >= words.length) clearInterval(timer);
  }, 150);
}

async function route(method, path, query, body, raw) {
  const [, what, key, more] = path.split('/');
  switch (`${method} ${what}${key ? '/' : ''}${more ?? ''}`) {
    case 'GET state':
      return { seq, now_ms: now(), unix_ms: Date.now(), speed: 1, seed: 42, apps: [{ app_id: APP, name: 'Echo', connections: 1 }], people, chats: [...chats.values()], messages: [...messages.values()].slice(-500), connections, faults: { active: faults, presets: ['coffee_shop_wifi', 'laptop_lid', 'everything'], catalogue }, not_simulated: [], limits: { frames: 10000 } };
    case 'GET transcript':
      return { entries: entries.filter((entry) => entry.seq > Number(query.get('after'))), seq, lost: 0 };
    case 'POST people': {
      const person = { name: body.name, open_id: id('ou') };
      people.push(person);
      add('person', { person });
      return person;
    }
    case 'POST chats': {
      const chat = { chat_id: id('oc'), mode: 'group', name: body.name, members: actors(body.members) };
      chats.set(chat.chat_id, chat);
      add('chat', { chat });
      return chat;
    }
    case 'POST messages': {
      const message = say(body);
      bot(message);
      return { message_id: message.message_id, push: pushes };
    }
    case 'PATCH messages/':
      Object.assign(messages.get(key), { content: JSON.stringify({ text: body.text }), shown: JSON.stringify({ text: body.text }), edited: 1, update_ms: Date.now() });
      store(messages.get(key));
      return {};
    case 'DELETE messages/':
      messages.get(key).recalled = true;
      store(messages.get(key));
      return {};
    case 'POST messages/reactions':
    case 'DELETE messages/reactions': {
      const message = messages.get(key);
      const found = message.reactions.find(({ emoji }) => emoji === body.emoji) ?? message.reactions[message.reactions.push({ emoji: body.emoji, by: [] }) - 1];
      found.by = found.by.filter((name) => name !== body.as);
      if (method === 'POST') found.by.push(body.as);
      message.reactions = message.reactions.filter(({ by }) => by.length > 0);
      store(message);
      return {};
    }
    case 'POST files': {
      const file = `${query.get('kind') === 'image' ? 'img' : 'file'}_${++ids}`;
      files.set(file, raw);
      return { key: file };
    }
    case 'POST card-actions': {
      const message = messages.get(body.message_id);
      if (body.action.value?.approve === false) {
        push('card.action.trigger', body.action, body.message_id, 3300);
        await new Promise((done) => setTimeout(done, 3000));
        add('callback_failed', { push: pushes, code: 200340, message_id: body.message_id });
        return { push: pushes, outcome: 'failed', error: { code: 200340, message: 'the callback was not answered within 3 s' } };
      }
      const toast = { level: 'success', text: `approved by ${body.as}` };
      push('card.action.trigger', body.action, body.message_id, 120, { toast });
      await new Promise((done) => setTimeout(done, 120));
      if (body.action.value?.approve) store(Object.assign(message, { card: card1(`Approved by ${body.as}`), update_ms: Date.now() }));
      return { push: pushes, outcome: 'ok', toast, card: true };
    }
    case 'GET catalogue':
      return { events: [{ type: 'im.message.receive_v1', title: { en: 'Message received', zh: '接收消息' } }, { type: 'im.chat.member.bot.added_v1', title: { en: 'Bot added', zh: '机器人进群' } }] };
    case 'POST events':
      return { push: push(body.type, body.event, undefined, 50) };
    case 'POST faults': {
      const fault = { id: ++ids, ...body };
      faults.push(fault);
      add('fault', { change: 'added', fault });
      return { id: fault.id };
    }
    case 'DELETE faults':
      for (const fault of faults.splice(0)) add('fault', { change: 'removed', fault });
      return {};
    case 'DELETE faults/': {
      const fault = faults.find((one) => String(one.id) === key);
      faults = faults.filter((one) => one !== fault);
      add('fault', { change: 'removed', fault });
      return {};
    }
    case 'POST clock':
      return { now_ms: now() + (body.advance_ms ?? 0), unix_ms: Date.now(), speed: body.speed ?? 1 };
    case 'POST connections/drop':
      add('aborted', { connection: 7001 });
      setTimeout(() => { add('upgrade', { connection: 7001, target: '/ws', headers: [] }); add('accepted', { connection: 7001 }); }, 800);
      return {};
    // Much at once, then so many messages a second, each with all that follows from one: for looking at how smooth it stays.
    case 'POST flood': {
      for (let n = 0; n < (body.messages ?? 0); n += 1) say({ as: n % 2 ? 'alice' : 'bob', chat_id: chatFor('alice').chat_id, text: `message ${n} of many` });
      const until = Date.now() + (body.seconds ?? 0) * 1000;
      let sent = 0;
      const start = Date.now();
      const timer = setInterval(() => {
        if (Date.now() > until) return clearInterval(timer);
        for (; sent < ((Date.now() - start) / 1000) * (body.rate ?? 0); sent += 1) {
          const message = say({ as: 'alice', text: `flood ${sent}` });
          push('im.message.receive_v1', { message }, message.message_id, 20);
        }
      }, 20);
      return {};
    }
    case 'GET copy':
      return '#[tokio::test]';
    default:
      return undefined;
  }
}

http.createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname === '/_sim') {
    const { html, policy } = await page({ minify: false });
    return response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy }).end(html);
  }
  if (pathname === '/_sim/v1/stream') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(': hello\n\n');
    readers.add(response);
    return request.on('close', () => readers.delete(response));
  }
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const raw = Buffer.concat(chunks);
  const path = pathname.replace('/_sim/v1', '');
  if (request.method === 'GET' && path.startsWith('/files/')) return response.writeHead(200, { 'Content-Type': 'image/png' }).end(files.get(path.slice(7)));
  const isJson = request.headers['content-type']?.includes('json');
  const answer = await route(request.method, decodeURIComponent(path), searchParams, isJson ? JSON.parse(raw) : undefined, raw);
  if (answer === undefined) return response.writeHead(404, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error: { code: 'not_found', message: `no ${request.method} ${path}` } }));
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/_sim`));

chats.set('oc_ops', { chat_id: 'oc_ops', mode: 'group', name: 'ops 运维', members: actors(['alice', 'bob', '小明', APP]) });
add('accepted', { connection: 7001 });
