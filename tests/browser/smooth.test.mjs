// Ten thousand messages in a chat, then a thousand events a second: whether the page stays smooth.
//
// The stream is made of what a real bot just did, over and over with other ids, so that its rate does not depend on how fast
// this machine runs a simulator, a bot and a browser at once. Times are measured and written to `target/browser/smooth.json`;
// what is asserted holds on a machine of any speed: the list is virtual, the page lays itself out less often than something
// happens, and nothing is lost.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { artefacts, Stage, until } from './stage.mjs';

const MESSAGES = 10_000;
const RATE = 1000;
const SECONDS = 5;
const PAUSE_MS = 100;

/** Stands before the simulator and tells the page more than happened. */
class Crowd {
  #readers = new Set();
  #template;
  #seq;
  events = 0;

  constructor(simulator, template, seq) {
    this.#template = template;
    this.#seq = seq;
    this.server = http.createServer((request, response) => {
      if (request.url.startsWith('/_sim/v1/stream')) {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': here\n\n');
        this.#readers.add(response);
        response.on('close', () => this.#readers.delete(response));
        return;
      }
      const { method, url, headers } = request;
      const onward = http.request(`${simulator}${url}`, { method, headers: { ...headers, host: new URL(simulator).host } }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      request.pipe(onward);
    });
  }

  async listen() {
    await new Promise((ready) => this.server.listen(0, '127.0.0.1', ready));
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  /** So many events in one batch, each with all that follows from it. */
  tell(count) {
    const entries = [];
    for (let n = 0; n < count; n += 1) entries.push(...this.#again());
    for (const reader of this.#readers) reader.write(`event: entries\nid: ${this.#seq}\ndata: ${JSON.stringify(entries)}\n\n`);
  }

  /** The template with ids of its own: the same digits, the last six of them counting. */
  #again() {
    this.events += 1;
    const number = String(this.events).padStart(6, '0');
    const text = this.#template.replace(/(om_[0-9a-f]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{6})[0-9a-f]{6}/g, (_, head) => head + number).replaceAll('hello', `event ${this.events}`);
    const entries = JSON.parse(text);
    for (const entry of entries) {
      this.#seq += 1;
      entry.seq = this.#seq;
      if (typeof entry.push === 'number') entry.push += this.events;
    }
    return entries;
  }
}

/** Times between frames, and tasks longer than 50 ms. */
function watch(page, ms) {
  return page.evaluate(async (ms) => {
    const frames = [];
    const tasks = [];
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ entryTypes: ['longtask'] });
    const end = performance.now() + ms;
    await new Promise((done) => {
      let last = performance.now();
      const frame = (now) => {
        frames.push(now - last);
        last = now;
        if (now < end) requestAnimationFrame(frame);
        else done();
      };
      requestAnimationFrame(frame);
    });
    observer.disconnect();
    frames.sort((a, b) => a - b);
    const at = (share) => Math.round((frames[Math.min(frames.length - 1, Math.floor(share * frames.length))] ?? 0) * 10) / 10;
    return { frames: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1), long_tasks: tasks.length, longest_task: Math.round(Math.max(0, ...tasks)) };
  }, ms);
}

/** What the page did so far: CPU time of its thread in seconds, and how often it was laid out. */
async function done(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  const value = (wanted) => metrics.find(({ name }) => name === wanted).value;
  return { cpu: value('TaskDuration'), layouts: value('LayoutCount') };
}

test('it stays smooth', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  const { page } = stage;
  await stage.say('first');
  await stage.message('echo: first').waitFor();
  const { seq } = await stage.get('/transcript?after=0&limit=10000');
  await stage.say('hello');
  await stage.message('echo: hello').waitFor();
  const { acks } = await until(async () => {
    const found = await stage.get(`/transcript?after=${seq}`);
    return found.entries.some(({ kind }) => kind === 'ack') && { acks: found };
  }, 'the bot has acked');

  const crowd = new Crowd(stage.domain, JSON.stringify(acks.entries), acks.seq);
  const domain = await crowd.listen();
  t.after(() => {
    crowd.server.closeAllConnections();
    crowd.server.close();
  });
  stage.domain = domain;
  await page.goto(`${domain}/_sim`);
  await page.locator('#composer:enabled').waitFor();

  // A person and a bot: two messages an event.
  while (crowd.events < MESSAGES / 2) {
    crowd.tell(100);
    await page.waitForTimeout(20);
  }
  const last = () => stage.message(`echo: event ${crowd.events}`);
  await last().waitFor();
  const shown = Number(await last().getAttribute('aria-setsize'));
  const elements = await page.evaluate(() => document.querySelectorAll('*').length);
  const idle = await watch(page, 1000);

  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const [before, began] = [crowd.events, await done(session)];
  const timer = setInterval(() => crowd.tell((RATE * PAUSE_MS) / 1000), PAUSE_MS);
  const flood = await watch(page, SECONDS * 1000);
  clearInterval(timer);
  const told = crowd.events - before;
  await last().waitFor();
  const ended = await done(session);
  const layouts = ended.layouts - began.layouts;
  const cpu = Math.round((ended.cpu - began.cpu) / told * 1e6);
  const heap = await page.evaluate(() => Math.round((performance.memory?.usedJSHeapSize ?? 0) / 1024 / 1024));
  const figures = {
    messages: shown, elements, events_per_second: Math.round(told / SECONDS), entries_per_event: acks.entries.length, idle, flood,
    layouts_per_event: Math.round(layouts / told * 1000) / 1000, cpu_us_per_event: cpu, heap_mb: heap,
  };
  writeFileSync(path.join(artefacts, 'smooth.json'), `${JSON.stringify(figures, null, 2)}\n`);
  t.diagnostic(JSON.stringify(figures));
  await stage.shot('smooth');

  assert.ok(shown >= MESSAGES, `${shown} messages`);
  assert.ok(elements < 3000, `${elements} elements for ${shown} messages`);
  assert.ok(layouts < told, `${layouts} layouts for ${told} events`);
});
