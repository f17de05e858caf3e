// What every story needs: the simulator as a user starts it, a bot behind it, and Chromium in front of it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { chromium } from 'playwright-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const target = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target');
/** Screenshots and measurements, kept for people to look at. */
export const artefacts = path.join(target, 'browser');
mkdirSync(artefacts, { recursive: true });

/** `LARKWIRE_PROFILE=release` takes an optimized simulator and bots, for figures. */
const built = path.join(target, process.env.LARKWIRE_PROFILE ?? 'debug');
const example = (name) => [path.join(built, 'examples', name), []];
const BOTS = {
  echo: example('echo_tokio'),
  cards: example('card_buttons'),
  streaming: example('streaming_reply'),
  // It acks, and does nothing else.
  listener: example('custom_event'),
  python: [path.join(root, 'tests/interop/python/.venv/bin/python'), [path.join(root, 'tests/browser/bot.py')]],
};

/** Long enough for a machine that is busy with other things; nothing waits so long without need. */
export const PATIENCE = 60_000;

export class Stage {
  #children = [];
  #browser;
  #sim;
  #profile;
  /** What the page's console, the bot and the simulator said, for those who look into a failure. */
  #said = [];
  domain;
  /** What must not happen to a page, whatever it shows. */
  errors = [];

  /** The simulator, and a bot of this name that is connected to it, for one of its apps. */
  static async start(t, { bot, app = 0, page = {}, flags = [] } = {}) {
    const stage = new Stage();
    t.after(() => stage.#end(t));
    const { apps } = await stage.#simulate(0, flags);
    const { domain } = stage;
    if (bot) {
      const { app_id, app_secret } = apps[app];
      const [program, args] = BOTS[bot];
      stage.#spawn(program, args, { LARK_APP_ID: app_id, LARK_APP_SECRET: app_secret, LARK_DOMAIN: domain });
      await until(async () => (await stage.get('/connections')).connections.some(({ pings }) => pings > 0), 'the bot is connected');
    }
    await stage.#open(page);
    return stage;
  }

  async #simulate(port, flags = []) {
    this.#sim = this.#spawn(path.join(built, 'larkwire'), ['sim', '--port', String(port), '--format', 'json', ...flags]);
    const ended = once(this.#sim, 'exit').then(() => {
      throw new Error(`the simulator said nothing: ${this.#said.join('\n')}`);
    });
    const [line] = await Promise.race([once(this.#sim.lines, 'line'), ended]);
    ended.catch(() => undefined);
    const started = JSON.parse(line);
    this.domain = started.domain;
    return started;
  }

  /** The simulator ends, and another one begins at its address when `meanwhile` is over. */
  async restart(meanwhile) {
    const { port } = new URL(this.domain);
    const ended = new Promise((resolve) => this.#sim.once('exit', resolve));
    this.#sim.kill();
    await ended;
    await meanwhile();
    await this.#simulate(port);
  }

  async #open(options) {
    this.#profile = mkdtempSync(path.join(tmpdir(), 'larkwire-browser-'));
    this.#browser = await chromium.launchPersistentContext(this.#profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      viewport: { width: 1400, height: 860 },
      locale: 'en-GB',
      ...options,
      args: [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--force-color-profile=srgb',
      ],
    });
    this.page = await this.#visit(this.#browser.pages()[0] ?? (await this.#browser.newPage()));
  }

  /** One more page before the same simulator. */
  async another() {
    return this.#visit(await this.#browser.newPage());
  }

  async #visit(page) {
    // A page that asks elsewhere for anything, or breaks its own policy, is broken.
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(this.domain) && !url.startsWith('data:') && !url.startsWith('blob:')) this.errors.push(`a request to ${url}`);
    });
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      this.#said.push(`page: ${message.type()}: ${message.text()}`);
      if (message.type() === 'error') this.errors.push(message.text());
    });
    page.setDefaultTimeout(PATIENCE);
    await page.goto(`${this.domain}/_sim`);
    // The page invites people first if there are none.
    await page.locator('#composer:enabled').waitFor();
    return page;
  }

  #spawn(program, args, env = {}) {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', (error) => {
      throw new Error(`${program}: ${error.message}; .ci/run browser builds and installs what is needed`);
    });
    const name = path.basename(program);
    child.lines = readline.createInterface({ input: child.stdout });
    // Not what the simulator says first: a secret is in it, if only a made-up one.
    child.lines.on('line', (line) => line.startsWith('{"app_id"') || this.#said.push(`${name}: ${line}`));
    readline.createInterface({ input: child.stderr }).on('line', (line) => this.#said.push(`${name}: ${line}`));
    child.on('exit', (code, signal) => this.#said.push(`${name}: ended with ${code ?? signal}`));
    this.#children.push(child);
    return child;
  }

  async get(call) {
    const answer = await fetch(`${this.domain}/_sim/v1${call}`);
    assert.ok(answer.ok, `${call}: ${answer.status}`);
    return answer.json();
  }

  async post(call, body) {
    const answer = await fetch(`${this.domain}/_sim/v1${call}`, { method: 'POST', body: JSON.stringify(body) });
    assert.ok(answer.ok, `${call}: ${answer.status} ${await answer.clone().text()}`);
    return answer.json();
  }

  /** The first entry of the transcript that is so, when it is there. */
  async happened(is) {
    return until(async () => (await this.get('/transcript?after=0&limit=10000')).entries.find(is), `in the transcript: ${is}`);
  }

  /** Writes in the open chat, as a person at the page does. */
  async say(text) {
    const composer = this.page.getByRole('textbox', { name: /^Message as|的身份发消息$/ });
    await composer.fill(text);
    await composer.press('Enter');
  }

  /** The messages that are seen, with exactly this text somewhere in them. */
  message(text) {
    return this.page.locator('[data-message]').filter({ hasText: text });
  }

  async shot(name) {
    await this.page.screenshot({ path: path.join(artefacts, `${name}.png`) });
  }

  async #end(t) {
    try {
      // Only now: a page that is closed may complain.
      if (t.passed) assert.deepEqual(this.errors, [], 'the page had errors');
      else await this.#keep(t.name, t.error);
    } finally {
      await this.#browser?.close();
      for (const child of this.#children.reverse()) child.kill();
      // Chromium's last helpers may still write there.
      if (this.#profile) rmSync(this.#profile, { recursive: true, force: true, maxRetries: 20 });
    }
  }

  /** What a failed story looked like, in a folder of its name. `error.txt` is what `.ci/run` prints. */
  async #keep(name, error) {
    const folder = path.join(artefacts, 'failed', name.replace(/[^\p{L}\p{N}]+/gu, '-'));
    mkdirSync(folder, { recursive: true });
    const cause = error?.cause ?? error;
    const lines = [name, stripVTControlCharacters(String(cause?.stack ?? cause)), ...this.errors.map((found) => `the page: ${found}`)];
    writeFileSync(path.join(folder, 'error.txt'), `${lines.join('\n')}\n`);
    writeFileSync(path.join(folder, 'said.txt'), `${this.#said.join('\n')}\n`);
    const soon = { timeout: 10_000 };
    await this.page?.screenshot({ path: path.join(folder, 'page.png'), ...soon }).catch(() => undefined);
    const html = await this.page?.locator('body').innerHTML(soon).catch(String);
    writeFileSync(path.join(folder, 'page.html'), html ?? '');
    const transcript = await fetch(`${this.domain}/_sim/v1/export`, { signal: AbortSignal.timeout(soon.timeout) }).then((answer) => answer.text()).catch(String);
    writeFileSync(path.join(folder, 'transcript.jsonl'), transcript);
  }
}

/** Looks again and again until it is so. */
export async function until(look, what) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not so in ${PATIENCE} ms: ${what}`);
    await new Promise((next) => setTimeout(next, 50));
  }
}
