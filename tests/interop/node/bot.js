// The official Node SDK against a platform whose address is in the environment. Only its `domain` is set. Each event that
// it hands to a handler is printed as one line of JSON, so that the test can compare what arrived with what was pushed.

import * as Lark from '@larksuiteoapi/node-sdk';

const { LARK_APP_ID: appId, LARK_APP_SECRET: appSecret, LARK_DOMAIN: domain } = process.env;
const tell = (what) => console.log(JSON.stringify(what));

const eventDispatcher = new Lark.EventDispatcher({}).register({
  'im.message.receive_v1': async (data) => {
    tell({ event: 'message', event_id: data.event_id, content: data.message.content });
    const slow = /(very )?slowly/.exec(data.message.content);
    if (slow) await new Promise((done) => setTimeout(done, slow[1] ? 1500 : 20));
  },
  'card.action.trigger': async (data) => {
    tell({ event: 'action', event_id: data.event_id, value: data.action.value });
    return { toast: { type: 'success', content: '完成' } };
  },
});

const client = new Lark.WSClient({ appId, appSecret, domain, loggerLevel: Lark.LoggerLevel.error });
tell({ event: 'starting', node: process.version });
client.start({ eventDispatcher });
