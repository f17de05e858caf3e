// What a chat without messages shows: how to connect a bot, or that one is there.

import { useText } from '../ui/settings';
import { useStore } from '../ui/watch';
import { appOf, useSession } from './session';

export function Welcome() {
  const store = useStore('connections', 'chats');
  const t = useText();
  const app = appOf(store, useSession().place);
  const connected = [...store.connections.values()].some(({ app_id }) => app_id === undefined || app_id === app?.app_id);
  const domain = store.domain ?? location.origin;
  const lines = [`LARK_APP_ID=${app?.app_id ?? ''}`, `LARK_APP_SECRET=…`, `LARK_DOMAIN=${domain}`].join('\n');
  return (
    <div class="welcome">
      {connected ? (
        <>
          <h3>{t('botThere')}</h3>
          <p>{t('sayHi')}</p>
        </>
      ) : (
        <>
          <h3>{t('noBot')}</h3>
          <p>{t('connectHint')}</p>
          <pre tabIndex={0}>{lines}</pre>
          <p class="dim">{t('secretHint')}</p>
        </>
      )}
    </div>
  );
}
