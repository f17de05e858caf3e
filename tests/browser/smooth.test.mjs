// Ten thousand messages in a chat, then a thousand events a second, each pushed to a bot and acked: whether the page stays smooth.
//
// All of it is real: people write, the simulator pushes and tells its `/stream`, a bot of ours acks. Times are measured and
// written to `target/browser/smooth.json`; the rate as well, for a slow machine does not reach it. What is asserted holds on a
// machine of any speed: the list is virtual, the page lays itself out less often than something happens, and it ends up with
// the newest message. A page that reads too slowly misses entries, and is told how many.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { artefacts, Stage } from './stage.mjs';

const MESSAGES = 10_000;
const RATE = 1000;
const SECONDS = 5;
const PAUSE_MS = 100;
/** So many events fit into one batch of the stream with all that follows from them. */
const AT_ONCE = 150;

/** Alice, who writes fast. */
class Crowd {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
  #url;
  #app;
  events = 0;

  constructor(domain, app) {
    this.#url = `${domain}/_sim/v1/messages`;
    this.#app = app;
  }

  /** So many messages; done when the simulator has taken them. */
  async write(count) {
    const writing = Array.from({ length: count }, () => {
      this.events += 1;
      const body = JSON.stringify({ as: 'alice', app_id: this.#app, text: `event ${this.events}` });
      return new Promise((done, failed) => {
        const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
        const request = http.request(this.#url, { method: 'POST', agent: this.#agent, headers }, (answer) => {
          answer.resume().on('end', () => (answer.statusCode === 200 ? done() : failed(new Error(`${answer.statusCode}`))));
        });
        request.on('error', failed).end(body);
      });
    });
    await Promise.all(writing);
  }

  /** As fast as wanted, or as the simulator can. */
  async flood() {
    const began = performance.now();
    for (let batch = 1; batch <= SECONDS * (1000 / PAUSE_MS); batch += 1) {
      await this.write((RATE * PAUSE_MS) / 1000);
      const early = began + batch * PAUSE_MS - performance.now();
      if (early > 0) await new Promise((next) => setTimeout(next, early));
    }
    return (performance.now() - began) / 1000;
  }

  end() {
    this.#agent.destroy();
  }
}

/** Times between frames, and tasks longer than 50 ms, while something is done. */
async function watch(page, doing) {
  const watching = await page.evaluateHandle(() => {
    const watched = { frames: [], tasks: [], over: false };
    const observer = new PerformanceObserver((list) => watched.tasks.push(...list.getEntries().map(({ duration }) => duration)));
    observer.observe({ entryTypes: ['longtask'] });
    let last = performance.now();
    const frame = (now) => {
      watched.frames.push(now - last);
      last = now;
      if (watched.over) observer.disconnect();
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    return watched;
  });
  const result = await doing();
  const { frames, tasks } = await watching.evaluate((watched) => {
    watched.over = true;
    return watched;
  });
  frames.sort((a, b) => a - b);
  const at = (share) => Math.round((frames[Math.min(frames.length - 1, Math.floor(share * frames.length))] ?? 0) * 10) / 10;
  const figures = { frames: frames.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1), long_tasks: tasks.length, longest_task: Math.round(Math.max(0, ...tasks)) };
  return { figures, result };
}

/** What the page did so far: CPU time of its thread in seconds, and how often it was laid out. */
async function done(session) {
  const { metrics } = await session.send('Performance.getMetrics');
  const value = (wanted) => metrics.find(({ name }) => name === wanted).value;
  return { cpu: value('TaskDuration'), layouts: value('LayoutCount') };
}

test('it stays smooth', async (t) => {
  const stage = await Stage.start(t, { bot: 'listener' });
  const { page } = stage;
  const { apps } = await stage.get('/state');
  const crowd = new Crowd(stage.domain, apps[0].app_id);
  t.after(() => crowd.end());
  const last = () => stage.message(new RegExp(`event ${crowd.events}$`));
  while (crowd.events < MESSAGES) {
    await crowd.write(Math.min(AT_ONCE, MESSAGES - crowd.events));
    await last().waitFor();
  }
  const shown = Number(await last().getAttribute('aria-setsize'));
  const elements = await page.evaluate(() => document.querySelectorAll('*').length);
  const { figures: idle } = await watch(page, () => new Promise((over) => setTimeout(over, 1000)));

  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const [before, began] = [crowd.events, await done(session)];
  const { figures: flood, result: seconds } = await watch(page, () => crowd.flood());
  const events = crowd.events - before;
  await last().waitFor();
  const ended = await done(session);
  const layouts = ended.layouts - began.layouts;
  const missed = page.locator('.topbar .badge.warn');
  const figures = {
    messages: shown,
    elements,
    events_per_second: Math.round(events / seconds),
    entries_missed: (await missed.count()) > 0 ? Number((await missed.innerText()).replace(/\D/g, '')) : 0,
    idle,
    flood,
    layouts_per_event: Math.round((layouts / events) * 1000) / 1000,
    cpu_us_per_event: Math.round(((ended.cpu - began.cpu) / events) * 1e6),
    heap_mb: await page.evaluate(() => Math.round((performance.memory?.usedJSHeapSize ?? 0) / 1024 / 1024)),
  };
  writeFileSync(path.join(artefacts, 'smooth.json'), `${JSON.stringify(figures, null, 2)}\n`);
  t.diagnostic(JSON.stringify(figures));
  await stage.shot('smooth');

  assert.ok(shown >= MESSAGES, `${shown} messages`);
  assert.ok(elements < 3000, `${elements} elements for ${shown} messages`);
  assert.ok(layouts < events, `${layouts} layouts for ${events} events`);
});
