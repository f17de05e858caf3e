// The line below: faults at hand, presets, and the way back to a fresh platform.

import { api } from './api';
import { presetName, presetTitle } from './inspector/faults';
import { faultKind } from './model/store';
import { attempt } from './ui/attempt';
import { notify } from './ui/notices';
import { useSettings, useText } from './ui/settings';
import { useStore } from './ui/watch';

/** Those that are wanted most, as far as the simulator has them. */
const AT_HAND = ['drop', 'half_open', 'delay', 'duplicate', 'split', 'reorder', 'wrong_seq', 'bad_json', 'mute_pong', 'api_rate_limit', 'reconnect_storm', 'laptop_sleep'];

export function Footer({ showFaults }: { showFaults(): void }) {
  const store = useStore('faults');
  const t = useText();
  const { language } = useSettings();
  const { active, catalogue, presets } = store.faults;
  const known = AT_HAND.map((name) => faultKind(store.faults, name)).filter((kind) => kind !== undefined);
  const kinds = known.length >= 4 ? known : catalogue.slice(0, 8);
  const once = async (kind: (typeof kinds)[number]) => {
    const done = await attempt(() => api.addFault({ name: kind.name, times: { next: 1 } }));
    if (done) notify('info', t('faultAdded', { name: kind.title?.[language] ?? kind.name }));
  };
  return (
    <footer class="faultbar" aria-label={t('faults')}>
      <button type="button" class="quiet" onClick={showFaults}>{t('faults')}{active.length > 0 && <span class="badge warn">{active.length}</span>}</button>
      <span class="fault-buttons" role="group" aria-label={t('injectOnce')}>
        {kinds.map((kind) => <button key={kind.name} type="button" title={`${t('injectOnce')}: ${kind.title?.[language] ?? kind.name}`} onClick={() => void once(kind)}>{kind.name.replaceAll('_', ' ')}</button>)}
      </span>
      {presets.length > 0 && (
        <select aria-label={t('presets')} value="" onChange={(event) => {
          const name = event.currentTarget.value;
          event.currentTarget.value = '';
          void attempt(() => api.preset(name));
        }}>
          <option value="" disabled>{t('presets')}</option>
          {presets.map((preset) => <option key={presetName(preset)} value={presetName(preset)}>{presetTitle(preset, language)}</option>)}
        </select>
      )}
      {active.length > 0 && <button type="button" onClick={() => void attempt(api.clearFaults)}>{t('clearFaults')}</button>}
      <button type="button" class="danger" title={t('resetHint')} onClick={() => void attempt(api.reset)}>{t('reset')}</button>
    </footer>
  );
}
