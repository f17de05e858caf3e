// The channel of the official Node SDK against a platform whose address is in the environment: an echo bot that also sends
// a card, answers a click on it, and types a text.

import * as Lark from '@larksuiteoapi/node-sdk';

const { LARK_APP_ID: appId, LARK_APP_SECRET: appSecret, LARK_DOMAIN: domain } = process.env;
const tell = (what) => console.log(JSON.stringify(what));

const approve = {
  tag: 'button',
  text: { tag: 'plain_text', content: 'Approve' },
  behaviors: [{ type: 'callback', value: { build: 42 } }],
};
const card = (...elements) => ({ schema: '2.0', config: { update_multi: true }, body: { elements } });
const markdown = (content) => ({ tag: 'markdown', content });

const channel = Lark.createLarkChannel({ appId, appSecret, domain, loggerLevel: Lark.LoggerLevel.error });
channel.on({
  message: async ({ chatId, content, messageId }) => {
    if (content === 'card') {
      await channel.send(chatId, { card: card(markdown('Deploy?'), approve) });
    } else if (content === 'type') {
      const producer = async (stream) => {
        for (const part of ['one', ', two', ', three']) await stream.append(part);
      };
      await channel.stream(chatId, { markdown: producer });
    } else {
      await channel.send(chatId, { text: `echo: ${content}` }, { replyTo: messageId });
    }
  },
  cardAction: async ({ messageId, action }) => {
    tell({ event: 'action', value: action.value });
    await channel.updateCard(messageId, card(markdown('Deployed')));
  },
  error: (error) => tell({ event: 'error', error: String(error) }),
});
tell({ event: 'starting', node: process.version });
await channel.connect();
