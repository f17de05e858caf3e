// Language and theme: what the browser says, until the reader says otherwise; remembered.

import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useMemo, useState } from 'preact/hooks';
import { en, type TextKey } from '../text/en';
import { zh } from '../text/zh';

export type Language = 'en' | 'zh';
export type Theme = 'system' | 'light' | 'dark';

export interface Settings {
  language: Language;
  theme: Theme;
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
}

const Context = createContext<Settings | undefined>(undefined);

/** What was remembered. Storage may be forbidden; then nothing is. */
export function remembered(key: string): string | null {
  try {
    return localStorage.getItem(`larkwire.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`larkwire.${key}`, value);
  } catch {
    // Then it holds until the page is closed.
  }
}

function firstLanguage(): Language {
  const chosen = remembered('language');
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export function SettingsProvider({ children }: { children: ComponentChildren }) {
  const [language, setLanguage] = useState(firstLanguage);
  const [theme, setTheme] = useState<Theme>(() => (remembered('theme') as Theme | null) ?? 'system');
  useEffect(() => {
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }, [language]);
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  const settings = useMemo(() => ({
    language,
    theme,
    setLanguage: (to: Language) => {
      remember('language', to);
      setLanguage(to);
    },
    setTheme: (to: Theme) => {
      remember('theme', to);
      setTheme(to);
    },
  }), [language, theme]);
  return <Context.Provider value={settings}>{children}</Context.Provider>;
}

export function useSettings(): Settings {
  const settings = useContext(Context);
  if (!settings) throw new Error('no settings');
  return settings;
}

export type Say = (key: TextKey, values?: Record<string, string | number>) => string;

/** Texts in the reader's language; `{name}` is replaced by a value. */
export function useText(): Say {
  const { language } = useSettings();
  return useMemo(() => {
    const texts = language === 'zh' ? zh : en;
    return (key, values) => texts[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values?.[name] ?? ''));
  }, [language]);
}
