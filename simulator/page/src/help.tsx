import { Dialog } from './ui/dialog';
import { useText } from './ui/settings';
import { SHORTCUTS } from './ui/shortcuts';

export function Help({ onClose }: { onClose(): void }) {
  const t = useText();
  return (
    <Dialog title={t('help')} onClose={onClose}>
      <dl class="keys">
        {SHORTCUTS.map(({ keys, text }) => (
          <div key={text}>
            <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
