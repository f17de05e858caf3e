// The line above: which platform, which bots, what time it is there.

import { useState } from 'preact/hooks';
import { api } from './api';
import { appOf, useSession } from './chat/session';
import { attempt } from './ui/attempt';
import { Icon } from './ui/icon';
import { notify } from './ui/notices';
import { useSettings, useText } from './ui/settings';
import { duration, platformNow, wallTime } from './ui/time';
import { useStore, useTick } from './ui/watch';

interface Props {
  onHelp(): void;
  showConnections(): void;
  showCalls(): void;
}

export function TopBar({ onHelp, showConnections, showCalls }: Props) {
  const store = useStore('chats', 'connections', 'link', 'entries');
  const t = useText();
  const { language, theme, setLanguage, setTheme } = useSettings();
  const unknown = [...store.notSimulated.values()].reduce((sum, count) => sum + count, 0);
  const app = appOf(store, useSession().place);
  const copyApp = () => app && void attempt(() => navigator.clipboard.writeText(app.app_id).then(() => notify('success', t('copied', { what: app.app_id }))));
  return (
    <header class="topbar">
      <h1>larkwire <span>sim</span></h1>
      <span class="address mono">{store.domain ?? location.origin}</span>
      {app && <button type="button" class="quiet mono app-id" title={t('copyAs')} onClick={copyApp}>{app.app_id}</button>}
      <button type="button" class="quiet status" onClick={showConnections}>
        <span class={`dot ${store.link !== 'live' ? 'bad' : store.connections.size > 0 ? 'good' : 'warn'}`} aria-hidden="true" />
        <span role="status">{store.link === 'live' ? t('bots', { n: store.connections.size }) : t(store.link)}</span>
      </button>
      {unknown > 0 && <button type="button" class="badge bad wide" onClick={showCalls}>{t('notSimulated')} {unknown}</button>}
      {store.missed > 0 && <span class="badge warn wide" title={t('entriesMissed', { n: store.missed })}>−{store.missed}</span>}
      <span class="spring" />
      <ClockMenu />
      <button type="button" class="quiet" title={`${t('language')} (l)`} aria-label={t('language')} onClick={() => setLanguage(language === 'en' ? 'zh' : 'en')}>{language === 'en' ? '中' : 'EN'}</button>
      <button type="button" class="quiet" title={`${t(`theme.${theme}`)} (d)`} aria-label={t(`theme.${theme}`)} onClick={() => setTheme(({ system: 'dark', dark: 'light', light: 'system' } as const)[theme])}><Icon name={theme} /></button>
      <button type="button" class="quiet" title={`${t('help')} (?)`} aria-label={t('help')} onClick={onHelp}>?</button>
    </header>
  );
}

const STEPS_MS = [15_000, 300_000, 3_600_000, 25_200_000];

function ClockMenu() {
  const store = useStore('clock', 'link');
  const t = useText();
  const [open, setOpen] = useState(false);
  useTick(500, store.link === 'live');
  const set = async (change: { advance_ms?: number; speed?: number }) => {
    const clock = await attempt(() => api.clock(change));
    if (!clock) return;
    store.clock = { ...store.clock, ...clock, read: performance.now() };
    store.changed('clock');
  };
  const { speed } = store.clock;
  return (
    <details class="menu" open={open} onToggle={(event) => setOpen(event.currentTarget.open)} onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}>
      <summary title={t('clock')}>
        <span class="unseen">{t('clock')}</span>
        <span class="mono">{wallTime(store.clock.unix_ms - store.clock.now_ms + platformNow(store))}</span>
        {speed !== 1 && <span class="tag">×{speed}</span>}
      </summary>
      <div class="menu-body">
        <span class="dim">{t('advance')}</span>
        {STEPS_MS.map((ms) => <button key={ms} type="button" onClick={() => void set({ advance_ms: ms })}>+{duration(ms).replace(/ 0 (s|min)$/, '').replace('.0', '')}</button>)}
        <span class="dim">{t('speed')}</span>
        {[1, 10, 60].map((factor) => <button key={factor} type="button" aria-pressed={speed === factor} onClick={() => void set({ speed: factor })}>×{factor}</button>)}
      </div>
    </details>
  );
}
