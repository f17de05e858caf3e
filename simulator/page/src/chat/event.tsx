// Any event of the catalogue, or a payload as it stands, pushed to the bot.

import { useEffect, useState } from 'preact/hooks';
import { api } from '../api';
import { list, object, string } from '../cards/json';
import { attempt } from '../ui/attempt';
import { Dialog } from '../ui/dialog';
import { notify } from '../ui/notices';
import { useSettings, useText } from '../ui/settings';
import { useStore } from '../ui/watch';

interface Kind {
  type: string;
  title: string;
  /** A body that the platform might send. */
  sample: unknown;
}

function kinds(answer: unknown, language: 'en' | 'zh'): Kind[] {
  return list(object(answer)?.events).map((item) => {
    const found = object(item);
    const title = object(found?.title);
    const type = string(found?.type) ?? '';
    return { type, title: string(title?.[language]) ?? string(found?.title) ?? '', sample: found?.event };
  }).filter(({ type }) => type);
}

export function EventDialog({ onClose }: { onClose(): void }) {
  const store = useStore('chats');
  const t = useText();
  const { language } = useSettings();
  const [catalogue, setCatalogue] = useState<Kind[]>([]);
  const [type, setType] = useState('im.chat.member.bot.added_v1');
  const [app, setApp] = useState(store.apps[0]?.app_id ?? '');
  // The sample of the type, until something else was written.
  const [written, setWritten] = useState<string>();
  useEffect(() => {
    void attempt(api.catalogue).then((answer) => setCatalogue(kinds(answer, language)));
  }, [language]);
  const kind = catalogue.find((one) => one.type === type.trim());
  const overrides = written ?? JSON.stringify(kind?.sample ?? {}, null, 2);
  let event: unknown;
  let wrong = false;
  try {
    event = JSON.parse(overrides || '{}') as unknown;
  } catch {
    wrong = true;
  }
  const push = async () => {
    const done = await attempt(() => api.event({ type: type.trim(), event, ...(app && { app_id: app }) }));
    if (!done) return;
    notify('success', t('pushed', { type: type.trim() }));
    onClose();
  };
  return (
    <Dialog title={t('sendEvent')} onClose={onClose}>
      <form onSubmit={(submit) => { submit.preventDefault(); void push(); }}>
        <label class="field">
          {t('eventType')}
          <input autofocus required list="event-types" value={type} onInput={(change) => setType(change.currentTarget.value)} spellcheck={false} />
        </label>
        <datalist id="event-types">{catalogue.map((one) => <option key={one.type} value={one.type}>{one.title}</option>)}</datalist>
        {catalogue.length > 0 && <p class="dim">{kind?.title || t('eventTypes', { n: catalogue.length })}</p>}
        {store.apps.length > 1 && (
          <label class="field">
            {t('bot')}
            <select value={app} onChange={(change) => setApp(change.currentTarget.value)}>
              {store.apps.map(({ app_id, name }) => <option key={app_id} value={app_id}>{name || app_id}</option>)}
            </select>
          </label>
        )}
        <label class="field">
          {t('overrides')}
          <textarea class="mono" rows={12} value={overrides} aria-invalid={wrong} onInput={(change) => setWritten(change.currentTarget.value)} spellcheck={false} />
        </label>
        <footer>
          {wrong && <span class="error-text" role="alert">{t('notJson')}</span>}
          <button type="button" onClick={onClose}>{t('cancel')}</button>
          <button type="submit" class="primary" disabled={wrong || !type.trim()}>{t('push')}</button>
        </footer>
      </form>
    </Dialog>
  );
}
