// The long connections that are open, and ways to end them.

import { api } from '../api';
import { useSession } from '../chat/session';
import type { Connection } from '../model/types';
import { attempt } from '../ui/attempt';
import { useFiltered } from '../ui/filtered';
import { useText } from '../ui/settings';
import { duration, platformNow } from '../ui/time';
import { useStore, useTick } from '../ui/watch';

const WAYS = ['close', 'eof', 'reset', 'freeze', 'thaw'] as const;

export function Connections() {
  const store = useStore('connections', 'clock');
  const t = useText();
  useTick(1000);
  const session = useSession();
  const connections = [...store.connections.values()];
  // The rows that tell how they began, as far as they are kept.
  const upgrades = useFiltered(store.entries, 'upgrade', ({ kind }) => kind === 'upgrade');
  const beginnings = new Map(upgrades.map(({ connection, seq }) => [Number(connection), seq]));
  const drop = (id: number, how: string) => void attempt(() => api.drop(id, how));
  const storm = () => void attempt(() => Promise.all(connections.map(({ id }) => api.drop(id, 'reset'))));
  return (
    <div class="scroll">
      <div class="filters">
        <span>{t('openConnections', { n: connections.length })}</span>
        {connections.length > 1 && <button type="button" class="danger" onClick={storm}>{t('dropAll')}</button>}
      </div>
      {connections.length === 0 && <p class="empty">{t('noBot')}</p>}
      <ul class="connections">
        {connections.map((connection) => (
          <li key={connection.id}>
            <div>
              <span class={`dot ${connection.frozen ? 'warn' : 'good'}`} aria-hidden="true" />
              <button type="button" class="link num" disabled={!beginnings.has(connection.id)} onClick={() => session.choose(beginnings.get(connection.id))}>#{connection.id}</button> <code>{connection.app_id ?? store.apps[0]?.app_id}</code>
              <span class="tag">{connection.phase ?? 'open'}</span>
            </div>
            <div class="dim">{facts(connection, platformNow(store)).join(' · ')}</div>
            <div class="actions" role="group" aria-label={t('dropConnection', { id: connection.id })}>
              {WAYS.filter((how) => (how === 'thaw') === Boolean(connection.frozen) || (how !== 'thaw' && how !== 'freeze')).map((how) => (
                <button key={how} type="button" class={how === 'thaw' ? '' : 'danger'} title={t(`drop.${how}.hint`)} onClick={() => drop(connection.id, how)}>{t(`drop.${how}`)}</button>
              ))}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

function facts(connection: Connection, now: number): string[] {
  const { opened_ms, pings, sent, received, user_agent, unacked } = connection;
  return [
    opened_ms !== undefined && duration(Math.max(0, now - opened_ms)),
    user_agent,
    pings !== undefined && `pings ${pings}`,
    sent !== undefined && `→ ${sent}`,
    received !== undefined && `← ${received}`,
    unacked ? `unacked ${unacked}` : undefined,
  ].filter((fact): fact is string => Boolean(fact));
}
