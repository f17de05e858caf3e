// The same page with a bot on the official Python SDK.

import test from 'node:test';
import { Stage } from './stage.mjs';

test('the Python SDK echoes, sends a form and answers it', async (t) => {
  const stage = await Stage.start(t, { bot: 'python' });
  const { page } = stage;
  await stage.say('你好');
  await stage.message('python: 你好').waitFor();

  await stage.say('card');
  const card = page.getByRole('region', { name: 'card: Lunch?' });
  await card.getByLabel('Wish').fill('noodles');
  await card.getByLabel('Day').fill('2026-01-31');
  await stage.shot('python-form');
  await card.getByRole('button', { name: 'Submit' }).click();
  await page.locator('.toast', { hasText: 'noodles it is' }).waitFor();
  await page.getByRole('region', { name: 'card: Lunch', exact: true }).getByText('noodles').waitFor();
});
