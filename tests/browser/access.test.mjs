// Everybody can use it: without a mouse, with a screen reader, in two languages, in the dark, on a narrow screen.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import { Stage } from './stage.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TABS = ['timeline', 'frames', 'acks', 'calls', 'connections', 'faults', 'cassette'];

/** What axe finds against WCAG 2.2 AA. It is injected by the debugger, which the page's policy does not bind. */
async function violations(page) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).slice(0, 3).join(' | ')}`);
  });
}

for (const [language, locale, colorScheme] of [['en', 'en-GB', 'light'], ['zh', 'zh-CN', 'dark']]) {
  test(`nothing is in the way of anybody: ${language}, ${colorScheme}`, async (t) => {
    const stage = await Stage.start(t, { bot: 'cards', page: { locale, colorScheme } });
    const { page } = stage;
    await stage.say('deploy');
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await page.getByRole('heading', { level: 1 }).focus().catch(() => undefined);
    await page.keyboard.press('Escape');
    for (const [index, tab] of TABS.entries()) {
      await page.keyboard.press(String(index + 1));
      await page.locator(`#inspector-${tab}[aria-selected="true"]`).waitFor();
      assert.deepEqual(await violations(page), [], tab);
      await stage.shot(`${language}-${colorScheme}-${tab}`);
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    assert.deepEqual(await violations(page), [], 'help');
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 390, height: 800 });
    assert.deepEqual(await violations(page), [], 'narrow');
    await page.locator('.faultbar .danger').click({ trial: true });
    await stage.shot(`${language}-${colorScheme}-narrow`);
    await page.locator('.panes button').nth(1).click();
    await page.locator('[data-message]').first().waitFor();
    assert.deepEqual(await violations(page), [], 'narrow chat');
    await stage.shot(`${language}-${colorScheme}-narrow-chat`);
    await page.locator('.panes button').first().click();
    await stage.shot(`${language}-${colorScheme}-narrow-chats`);
  });
}

test('all can be done with the keyboard alone', async (t) => {
  const stage = await Stage.start(t, { bot: 'cards', page: { reducedMotion: 'reduce' } });
  const { page } = stage;
  const press = (...keys) => keys.reduce((done, key) => done.then(() => page.keyboard.press(key)), Promise.resolve());
  await press('c');
  await page.keyboard.type('deploy');
  await press('Enter');
  await page.getByRole('region', { name: 'card: Deploy to staging?' }).waitFor();
  // Out of the composer, onto the newest message, into its card, and there the first button.
  await press('Escape', 'm');
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');
  for (let tries = 0; tries < 10 && (await focused()) !== 'Approve'; tries += 1) await press('Tab');
  assert.equal(await focused(), 'Approve');
  await press('Enter');
  await page.locator('.toast', { hasText: 'approved' }).waitFor();

  await press('i', 'End', 'ArrowUp');
  await page.getByRole('region', { name: 'Detail' }).waitFor();
  await press('Escape');
  await page.getByRole('region', { name: 'Detail' }).waitFor({ state: 'detached' });
  await press('l');
  await page.getByRole('tab', { name: '时间线' }).waitFor();
  await page.reload();
  await page.getByRole('tab', { name: '时间线' }).waitFor();
});

test('new messages are told to those who do not see them', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  await stage.say('hi');
  await stage.page.locator('[aria-live=polite]', { hasText: 'echo: hi' }).waitFor({ state: 'attached' });
});
