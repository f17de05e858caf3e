// Drawn here, so that they look alike on every machine and need no font.

const PATHS = {
  attach: 'M13 7.5 8.2 12.3a3 3 0 0 1-4.3-4.2l5.3-5.3a2 2 0 0 1 2.9 2.8L6.9 10.8a1 1 0 0 1-1.4-1.4L9.9 5',
  event: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z',
  mention: 'M10.5 8a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zm0 0v1a1.7 1.7 0 0 0 3.4 0V8a6 6 0 1 0-2.4 4.8',
  react: 'M14 8A6 6 0 1 1 2 8a6 6 0 0 1 12 0zM5.5 9.5a3 3 0 0 0 5 0M6 6.3v.1M10 6.3v.1',
  reply: 'M6.5 4 2.5 8l4 4M3 8h6.5a4 4 0 0 1 4 4v.5',
  thread: 'M2.5 3h11v7.5h-6l-3 2.8v-2.8h-2zM5 5.7h6M5 7.9h4',
  edit: 'M3 13l.7-3L10.8 3l2.2 2.2-7 7zM9.5 4.3l2.2 2.2',
  recall: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.3 4.5l.6 8.5h6.2l.6-8.5M6.8 7v3.5M9.2 7v3.5',
  inspect: 'M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0zM10.3 10.3 13.5 13.5',
  system: 'M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12',
  light: 'M10.5 8a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM8 1.5v1.7M8 12.8v1.7M1.5 8h1.7M12.8 8h1.7M3.4 3.4l1.2 1.2M11.4 11.4l1.2 1.2M3.4 12.6l1.2-1.2M11.4 4.6l1.2-1.2',
  dark: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  file: 'M4 1.8h5l3 3v9.4H4zM9 1.8v3h3',
  down: 'M8 3v10M4 9l4 4 4-4',
  bot: 'M3 6h10v7H3zM8 6V3M6 9v1M10 9v1M1.5 8.5v2M14.5 8.5v2M8 2.6v.1',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round">
      <path d={PATHS[name]} />
    </svg>
  );
}
