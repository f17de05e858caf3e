// A person at the page and a bot of ours: chat, a card, a fault and what comes after it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { Stage, until } from './stage.mjs';

test('a newcomer says hi and is answered', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  await stage.say('hi');
  await stage.message('echo: hi').waitFor();
  await stage.page.getByRole('option', { name: /ack 200/ }).waitFor();
  await stage.shot('chat');
  // From a message to the frame that carried it.
  await stage.page.locator('[data-message]').first().press('Enter');
  const detail = stage.page.getByRole('region', { name: 'Detail' });
  await detail.getByText('"im.message.receive_v1"').first().waitFor();
});

test('each app has a chat of its own, and its bot is there or not', async (t) => {
  const [first, second] = ['cli_00000000000000ab', 'cli_00000000000000cd'];
  const soon = ['--fault', 'reconfigure:ping_interval=1,reconnect_count=-1'];
  const stage = await Stage.start(t, { bot: 'echo', app: 1, flags: ['--app-id', first, '--app-id', second, ...soon] });
  const { page } = stage;
  await page.getByRole('heading', { name: 'No bot is connected' }).waitFor();
  await page.getByText(`LARK_APP_ID=${first}`).waitFor();
  await page.getByRole('button', { name: 'alice ⇄ Bot 2' }).click();
  await page.getByRole('heading', { name: 'A bot is connected' }).waitFor();
  await page.getByRole('button', { name: second }).waitFor();
  await stage.say('hi');
  await stage.message('echo: hi').waitFor();
  await stage.shot('apps');
  await page.getByRole('tab', { name: /Connections/ }).click();
  await page.getByRole('listitem').filter({ hasText: second }).getByRole('group', { name: /^End connection/ }).waitFor();
  // One that comes while the page is open is taken for the bot that it is.
  const { id } = await until(async () => (await stage.get('/connections')).connections.find(({ pings }) => pings > 1), 'the bot has new settings');
  await stage.post(`/connections/${id}/drop`, { how: 'reset' });
  await page.getByRole('group', { name: `End connection ${id}` }).waitFor({ state: 'detached' });
  await page.getByRole('listitem').filter({ has: page.getByRole('group', { name: /^End connection/ }) }).getByText(second).waitFor();
});

test('a click on a card shows a toast, changes the card, and is acked', async (t) => {
  const stage = await Stage.start(t, { bot: 'cards' });
  const { page } = stage;
  await stage.say('deploy');
  const card = page.getByRole('region', { name: 'card: Deploy to staging?' });
  await card.getByRole('button', { name: 'Approve' }).click();
  await page.locator('.toast', { hasText: 'approved' }).waitFor();
  await page.getByRole('region', { name: 'card: Deploy to staging', exact: true }).getByText('approved').waitFor();
  await page.locator('.outcome', { hasText: 'alice used “Approve”' }).waitFor();
  await stage.shot('card');

  await page.getByRole('tab', { name: 'Acks' }).click();
  const acks = page.getByRole('listbox', { name: 'Acks' });
  await acks.getByRole('option', { name: /card\.action\.trigger/ }).waitFor();
  await until(async () => (await acks.getByRole('option').count()) === 2, 'the message and the click are acked');
  await stage.shot('acks');
});

test('a click that nobody answers shows the error that the user would see', async (t) => {
  const stage = await Stage.start(t, { bot: 'cards' });
  const { page } = stage;
  await stage.say('deploy');
  const onlooker = await stage.another();
  await page.getByRole('button', { name: 'Reject' }).waitFor();
  await stage.post('/faults', { name: 'half_open' });
  await page.getByRole('button', { name: 'Reject' }).click();
  await page.locator('.waiting').waitFor();
  // It is seen before the platform knows of it.
  await stage.happened(({ kind, event_type }) => kind === 'push' && event_type === 'card.action.trigger');
  await stage.post('/clock', { advance_ms: 3000 });
  await page.locator('.outcome', { hasText: /Reject.*20034\d/ }).waitFor();
  await stage.shot('card-failed');
  // Whoever looks on sees it as well, at once and later.
  const seen = onlooker.locator('.outcome', { hasText: /alice.*20034\d/ });
  await seen.waitFor();
  await onlooker.reload();
  await seen.waitFor();
});

test('text is typed while the bot makes it', async (t) => {
  // Each of the bot's calls takes a while, so that there is something to see; then no longer.
  const stage = await Stage.start(t, { bot: 'streaming', flags: ['--fault', 'api_slow:by_ms=1500'] });
  await stage.say('tell me');
  await stage.page.locator('.streaming').waitFor();
  await stage.shot('streaming');
  await stage.post('/clock', { speed: 60 });
  await stage.page.locator('.streaming').waitFor({ state: 'detached' });
});

test('a connection is dropped in the middle, and the bot comes back', async (t) => {
  // With the settings that the platform has by default, a bot waits minutes before it does so. It has others as soon as it
  // pings more often than every other minute.
  const stage = await Stage.start(t, { bot: 'echo', flags: ['--fault', 'reconfigure:ping_interval=1,reconnect_count=-1'] });
  const { page } = stage;
  const { id } = await until(async () => (await stage.get('/connections')).connections.find(({ pings }) => pings > 1), 'the bot has new settings');
  await page.getByRole('tab', { name: /Connections/ }).click();
  await page.getByRole('group', { name: `End connection ${id}` }).getByRole('button', { name: 'Reset' }).click();
  await page.getByRole('group', { name: `End connection ${id}` }).waitFor({ state: 'detached' });
  await page.getByRole('group', { name: /^End connection/ }).waitFor();
  await stage.say('still there?');
  await stage.message('echo: still there?').waitFor();
  await page.getByRole('tab', { name: 'Timeline' }).click();
  await page.getByLabel('Filter').fill('aborted');
  await page.getByRole('option', { name: /aborted/ }).waitFor();
  await stage.shot('recovery');
});

test('a fault is injected from the page, shown where it happened, and answered once', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  const { page } = stage;
  await page.getByRole('group', { name: /Inject once/ }).getByRole('button', { name: 'duplicate' }).click();
  await page.getByRole('tab', { name: /Faults\s*1/ }).waitFor();
  await stage.say('twice');
  await stage.message('echo: twice').waitFor();
  await until(async () => (await stage.get('/acks')).entries.length === 2, 'both deliveries are acked');
  assert.equal(await stage.message('echo: twice').count(), 1);
  await page.getByRole('tab', { name: 'Faults' }).click();
  await page.getByRole('region', { name: 'What happened' }).getByText('used_up').waitFor();
  await stage.shot('faults');
});

test('a message in three frames is shown as one', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  const { page } = stage;
  await page.getByRole('group', { name: /Inject once/ }).getByRole('button', { name: 'split' }).click();
  await stage.say('cut into pieces');
  await stage.message('echo: cut into pieces').waitFor();
  // After that, nothing moves the rows.
  await page.getByRole('option', { name: /ack 200/ }).waitFor();
  await page.getByRole('tab', { name: 'Frames' }).click();
  await page.getByRole('option', { name: /2\/3/ }).click();
  const detail = page.getByRole('region', { name: 'Detail' });
  await detail.getByText('3 of 3 parts').waitFor();
  await detail.getByText('"im.message.receive_v1"').waitFor();
  await detail.getByRole('tab', { name: 'Hex' }).click();
  await detail.getByRole('button', { name: /payload/ }).click();
  await until(async () => (await detail.locator('.hex .hit').count()) > 16, 'the bytes of the payload are marked');
  await stage.shot('frames');
});

test('any event of the catalogue is pushed', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  const { page } = stage;
  await page.getByRole('button', { name: 'Push an event' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Event type').fill('contact.user.created_v3');
  await until(async () => (await dialog.getByLabel(/Fields to override/).inputValue()).includes('open_id'), 'the sample is there');
  await stage.shot('event');
  await dialog.getByRole('button', { name: 'Push', exact: true }).click();
  await page.getByRole('option', { name: /contact\.user\.created_v3/ }).waitFor();
  await page.getByRole('option', { name: /ack 200/ }).waitFor();
});

test('text of a bot is text', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  const hostile = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>';
  await stage.say(hostile);
  await stage.message(`echo: ${hostile}`).waitFor();
  assert.equal(await stage.page.evaluate(() => window.broken), undefined);
});

test('messages are answered, edited, reacted to and taken back', async (t) => {
  const stage = await Stage.start(t);
  const { page } = stage;
  await stage.say('first');
  await stage.message('first').press('r');
  await stage.say('an answer');
  await stage.message('an answer').locator('.quote', { hasText: 'first' }).waitFor();

  await stage.message('an answer').press('e');
  await stage.say('another answer');
  await stage.message('another answer').getByText('(edited)').waitFor();

  // The first of the choices has the focus, and gives it back.
  await stage.message('another answer').press('+');
  await page.keyboard.press('Enter');
  await stage.message('another answer').getByRole('button', { name: /1$/ }).waitFor();

  await page.keyboard.press('Delete');
  await stage.message('This message was recalled').waitFor();
});

test('who is faster than the answers of the platform is not interrupted by them', async (t) => {
  const stage = await Stage.start(t);
  const { page } = stage;
  // Messages arrive by the stream; the answers to the calls that made them come only when they are let go.
  const held = [];
  await page.route(/\/_sim\/v1\/messages/, async (route) => {
    const response = await route.fetch();
    await new Promise((go) => held.push(go));
    await route.fulfill({ response });
  });
  const answered = async () => {
    await until(() => held.length > 0, 'a call is under way');
    await Promise.all([page.waitForResponse(/\/_sim\/v1\/messages/), held.shift()()]);
    // The page has heard of it when it has drawn again.
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
  };
  const { keyboard } = page;

  await stage.say('first');
  await stage.message('first').press('r');
  await keyboard.type('an ans');
  await answered();
  await keyboard.type('wer');
  await keyboard.press('Enter');
  await stage.message('an answer').locator('.quote', { hasText: 'first' }).waitFor();

  await stage.message('an answer').press('e');
  await answered();
  await keyboard.type(' and more');
  await keyboard.press('Enter');
  await stage.message('an answer and more').getByText('(edited)').waitFor();
  await answered();

  // Not before the one before it.
  await stage.say('one');
  await stage.say('two');
  await stage.message('one').waitFor();
  await answered();
  await stage.message('two').waitFor();
  await answered();
  assert.match(await page.getByRole('feed').innerText(), /one[^]*two/);
});

test('a group is made, somebody is mentioned, a thread is opened', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  const { page } = stage;
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByRole('dialog').getByLabel('Name').fill('ops');
  await page.getByRole('dialog').getByRole('button', { name: 'Create' }).click();
  await page.getByRole('heading', { name: 'ops' }).waitFor();

  const composer = page.getByLabel('Message as alice');
  await composer.pressSequentially('@');
  const choices = page.getByRole('listbox', { name: 'Mention somebody' });
  await choices.getByRole('option').first().waitFor();
  await composer.press('Enter');
  await composer.pressSequentially('hello');
  await composer.press('Enter');
  await stage.message('hello').locator('.at').first().waitFor();
  await stage.message('echo:').waitFor();

  await stage.message('hello').first().press('t');
  await stage.say('in a thread');
  await page.getByRole('button', { name: /replies/ }).first().click();
  await stage.message('in a thread').first().waitFor();
  await stage.shot('thread');
});

test('an image is sent, shown and fetched', async (t) => {
  const stage = await Stage.start(t);
  const { page } = stage;
  // One pixel.
  const buffer = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  await page.locator('input[type=file]').setInputFiles([{ name: 'dot.png', mimeType: 'image/png', buffer }, { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') }]);
  const picture = page.getByRole('img', { name: 'Image' });
  await until(() => picture.evaluate((image) => image.complete && image.naturalWidth === 1), 'the image is loaded');
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'notes.txt' }).click()]);
  assert.equal(download.suggestedFilename(), 'notes.txt');
});

test('the simulator is started anew, and the page finds it', async (t) => {
  const stage = await Stage.start(t);
  const { page } = stage;
  await stage.say('before');
  await stage.message('before').waitFor();
  await stage.restart(() => page.getByRole('status').filter({ hasText: 'gone' }).waitFor());
  await page.getByRole('status').filter({ hasText: 'connected' }).waitFor();
  await stage.message('before').waitFor({ state: 'detached' });
  await stage.say('after');
  await stage.message('after').waitFor();
  // That nobody answered for a while is no error of the page.
  stage.errors = stage.errors.filter((error) => !error.includes('net::ERR_'));
});

test('all is forgotten when it is asked for', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  const { page } = stage;
  await stage.say('before');
  await stage.message('echo: before').waitFor();
  await page.getByRole('button', { name: 'Reset' }).click();
  await stage.message('before').first().waitFor({ state: 'detached' });
  await stage.say('after');
  await stage.message('echo: after').waitFor();
});

test('a run is kept and played again, and what the bot says differently is shown', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo' });
  const { page } = stage;
  await stage.say('keep me');
  await stage.message('echo: keep me').waitFor();
  await stage.happened(({ kind }) => kind === 'ack');
  await page.getByRole('tab', { name: 'Cassette' }).click();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Export' }).click()]);
  const cassette = readFileSync(await download.path(), 'utf8');

  const panel = page.getByRole('tabpanel', { name: 'Cassette' });
  const play = async (text) => {
    await panel.locator('input[type=file]').setInputFiles({ name: 'run.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(text) });
    await panel.getByText('run.jsonl: 1 events and callbacks, 1 acks.').waitFor();
    await panel.getByRole('button', { name: 'Play at once' }).click();
  };
  await play(cassette);
  await panel.getByText('1 of 1 acks are as they were.').waitFor();
  await play(cassette.replace(/^(.*"kind":"ack".*)$/m, (line) => line.replace('"code":200', '"code":500')));
  await panel.getByText('0 of 1 acks are as they were.').waitFor();
  const different = panel.getByRole('row', { name: /im\.message\.receive_v1/ });
  await different.getByRole('cell', { name: /^500/ }).waitFor();
  await different.getByRole('cell', { name: /^200/ }).waitFor();
  await stage.shot('cassette');
  await different.getByRole('button').click();
  await page.getByRole('region', { name: 'Detail' }).getByText('"im.message.receive_v1"').first().waitFor();
});

test('a row is taken along as a test, as a call, as lines of a cassette', async (t) => {
  const stage = await Stage.start(t, { bot: 'echo', page: { permissions: ['clipboard-read', 'clipboard-write'] } });
  const { page } = stage;
  await stage.say('take me');
  await stage.message('echo: take me').waitFor();
  await page.getByRole('option', { name: /ack 200/ }).waitFor();
  const take = async (form) => {
    await page.evaluate(() => navigator.clipboard.writeText(''));
    await page.getByRole('group', { name: 'Copy as' }).getByRole('button', { name: form }).click();
    return until(() => page.evaluate(() => navigator.clipboard.readText()), `${form} is in the clipboard`);
  };
  // The event, the call that it led to, a frame, a person, a fault, a connection.
  const timeline = (name) => page.getByRole('listbox', { name: 'Timeline' }).getByRole('option', { name }).first();
  const rows = [
    ['Timeline', timeline(/im\.message\.receive_v1/)],
    ['Timeline', timeline(/messages\/om_/)],
    ['Timeline', timeline(/alice.*ou_/)],
    ['Frames', page.getByRole('option', { name: /schema/ })],
    ['Acks', page.getByRole('listbox', { name: 'Acks' }).getByRole('option')],
    ['API', page.getByRole('option', { name: /messages\/om_/ })],
    ['Connections', page.getByRole('button', { name: /^#\d+$/ })],
    ['Faults', page.getByRole('region', { name: 'What happened' }).getByRole('button').first()],
  ];
  await stage.post('/faults', { name: 'duplicate', times: { next: 1 } });
  for (const [tab, row] of rows) {
    await page.getByRole('tab', { name: tab }).click();
    await row.click();
    assert.match(await take('Rust'), /#\[tokio::test\]/);
    assert.match(await take('curl'), /^curl /);
    assert.match(await take('Cassette'), /^\{.*"cassette":1.*\}\n\{.*\}\n/);
    await page.getByRole('region', { name: 'Detail' }).getByRole('button', { name: 'Close' }).click();
  }
});
