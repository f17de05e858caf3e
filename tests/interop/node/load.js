// The official Node SDK under load: a handler that does nothing, and says nothing. See docs/PERFORMANCE.md.

import * as Lark from '@larksuiteoapi/node-sdk';

const { LARK_APP_ID: appId, LARK_APP_SECRET: appSecret, LARK_DOMAIN: domain } = process.env;
const eventDispatcher = new Lark.EventDispatcher({}).register({ 'im.message.receive_v1': async () => {} });
new Lark.WSClient({ appId, appSecret, domain, loggerLevel: Lark.LoggerLevel.error }).start({ eventDispatcher });
