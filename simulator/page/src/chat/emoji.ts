// Reactions by the platform's names; its set is open, and a name that is not here is shown as it is.

export const EMOJI: Record<string, string> = {
  THUMBSUP: '👍', OK: '👌', DONE: '✅', HEART: '❤️', SMILE: '😄', LAUGH: '😂', APPLAUSE: '👏', PARTY: '🎉',
  FIRE: '🔥', THANKS: '🙏', THINKING: '🤔', CRY: '😢', ANGRY: '😠', EYES: '👀', MUSCLE: '💪', ThumbsDown: '👎',
};

const MORE: Record<string, string> = {
  Typing: '⌨️', OnIt: '🫡', LOVE: '😍', WOW: '😮', SOB: '😭', CLAP: '👏', JIAYI: '➕', CheckMark: '✔️', CrossMark: '❌', GLANCE: '👀',
};

export function emojiText(name: string): string {
  return EMOJI[name] ?? MORE[name] ?? name;
}
