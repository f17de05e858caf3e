// Mentions: what is being typed, what can be meant, and what a received text shows.

import type { Mention } from './types';

export interface Candidate {
  /** What the control API takes: a name, an app id, `all`. */
  id: string;
  name: string;
  kind: 'user' | 'app' | 'all';
}

/** The mention that is being typed at `caret`: from its `@` on. */
export function typed(text: string, caret: number): { start: number; query: string } | undefined {
  const before = text.slice(0, caret);
  const start = before.lastIndexOf('@');
  if (start < 0) return undefined;
  // `a@b` is an address; a mention starts a word. Chinese has no blanks between words.
  const previous = before[start - 1];
  if (previous && /[\w.+-]/.test(previous)) return undefined;
  const query = before.slice(start + 1);
  return query.length > 30 || /[\n@]|\s\s|^\s/.test(query) ? undefined : { start, query };
}

/** Who can be meant by `query`, those whose name begins with it first. */
export function matching(candidates: readonly Candidate[], query: string): Candidate[] {
  const wanted = query.toLowerCase();
  const names = candidates.filter(({ name }) => name.toLowerCase().includes(wanted));
  return names.sort((a, b) => Number(b.name.toLowerCase().startsWith(wanted)) - Number(a.name.toLowerCase().startsWith(wanted)));
}

/** The text with the mention put in, and where the caret is then. */
export function complete(text: string, start: number, caret: number, name: string): { text: string; caret: number } {
  const put = `@${name} `;
  return { text: text.slice(0, start) + put + text.slice(caret).replace(/^ /, ''), caret: start + put.length };
}

/** Those of the candidates that a text mentions, each once. */
export function mentioned(text: string, candidates: readonly Candidate[]): string[] {
  // Longest first, so that `@Ann Lee` does not mention `Ann`.
  const byLength = [...candidates].sort((a, b) => b.name.length - a.name.length);
  const found = new Map<string, number>();
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const candidate = byLength.find(({ name }) => text.startsWith(name, at + 1));
    if (candidate && !found.has(candidate.id)) found.set(candidate.id, at);
  }
  return [...found.keys()];
}

export type TextPart = { text: string } | { mention: string };

/** A received text with its placeholders resolved. */
export function resolved(text: string, mentions: readonly Mention[] = []): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(/@_all|@_user_\d+|<at user_id="([^"]*)">([^<]*)<\/at>/g)) {
    const name = match[0] === '@_all' || match[1] === 'all'
      ? 'all'
      : match[2] || mentions.find(({ key }) => key === match[0])?.name;
    if (!name) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ mention: name });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}
