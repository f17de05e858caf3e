// The markdown that cards and posts know: a subset, with mentions, colours and links. Text in, a tree out; no HTML anywhere.

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'strong' | 'em' | 'del' | 'u'; children: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; href: string; children: Inline[] }
  | { kind: 'at'; id: string; name: string }
  | { kind: 'image'; key: string; alt: string }
  | { kind: 'font'; colour: string; children: Inline[] }
  | { kind: 'br' };

export type Block =
  | { kind: 'p'; children: Inline[] }
  | { kind: 'heading'; level: number; children: Inline[] }
  | { kind: 'list'; ordered: boolean; start: number; items: Block[][] }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'code'; language: string; text: string }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] }
  | { kind: 'hr' };

const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
/** Deeper than this nobody writes; the peer may. */
const DEEPEST = 8;

export function markdown(text: string, depth = 0): Block[] {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const flush = () => {
    if (paragraph.length > 0) blocks.push({ kind: 'p', children: inline(paragraph.join('\n')) });
    paragraph = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const fence = /^\s*```+\s*(\S*)/.exec(line);
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    const item = ITEM.exec(line);
    if (fence) {
      flush();
      const code: string[] = [];
      for (at += 1; at < lines.length && !/^\s*```+\s*$/.test(lines[at] ?? ''); at += 1) code.push(lines[at] ?? '');
      blocks.push({ kind: 'code', language: fence[1] ?? '', text: code.join('\n') });
    } else if (heading) {
      flush();
      blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, children: inline(heading[2] ?? '') });
    } else if (/^\s*(---+|\*\*\*+|<hr\s*\/?>)\s*$/.test(line)) {
      flush();
      blocks.push({ kind: 'hr' });
    } else if (/^\s*>/.test(line) && depth < DEEPEST) {
      flush();
      const quoted: string[] = [];
      for (; at < lines.length && /^\s*>/.test(lines[at] ?? ''); at += 1) quoted.push((lines[at] ?? '').replace(/^\s*> ?/, ''));
      at -= 1;
      blocks.push({ kind: 'quote', blocks: markdown(quoted.join('\n'), depth + 1) });
    } else if (item && depth < DEEPEST) {
      flush();
      const end = listEnd(lines, at, item[1]?.length ?? 0);
      blocks.push(list(lines.slice(at, end), item, depth));
      at = end - 1;
    } else if (line.trimStart().startsWith('|') && /^\s*\|?[\s:|-]+\|[\s:|-]*$/.test(lines[at + 1] ?? '')) {
      flush();
      let end = at + 2;
      while (end < lines.length && (lines[end] ?? '').trimStart().startsWith('|')) end += 1;
      blocks.push({ kind: 'table', head: cells(line), rows: lines.slice(at + 2, end).map(cells) });
      at = end - 1;
    } else if (line.trim() === '') {
      flush();
    } else {
      paragraph.push(line);
    }
  }
  flush();
  return blocks;
}

function cells(line: string): Inline[][] {
  return line.trim().replace(/^\||\|$/g, '').split('|').map((cell) => inline(cell.trim()));
}

/** The first line that belongs to the list no more. */
function listEnd(lines: string[], from: number, indent: number): number {
  let at = from;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const item = ITEM.exec(line);
    const deeper = /^\s/.test(line) && line.search(/\S/) > indent;
    if (!deeper && !(item && (item[1]?.length ?? 0) === indent)) break;
    at += 1;
  }
  return at;
}

function list(lines: string[], first: RegExpExecArray, depth: number): Block {
  const indent = first[1]?.length ?? 0;
  const ordered = /\d/.test(first[2] ?? '');
  const items: string[][] = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && (item[1]?.length ?? 0) <= indent) items.push([item[3] ?? '']);
    else items.at(-1)?.push(line.replace(/^\s{1,4}/, ''));
  }
  return { kind: 'list', ordered, start: Number.parseInt(first[2] ?? '1', 10) || 1, items: items.map((item) => markdown(item.join('\n'), depth + 1)) };
}

interface Rule {
  pattern: RegExp;
  make: (match: RegExpExecArray, depth: number) => Inline | undefined;
}

const RULES: Rule[] = [
  { pattern: /^`([^`]+)`/, make: (m) => ({ kind: 'code', text: m[1] ?? '' }) },
  { pattern: /^!\[([^\]]*)\]\(([^)\s]+)\)/, make: (m) => ({ kind: 'image', key: m[2] ?? '', alt: m[1] ?? '' }) },
  {
    pattern: /^\[([^\]]+)\]\(([^)\s]*)\)/,
    make: (m, depth) => {
      const href = link(m[2] ?? '');
      return href ? { kind: 'link', href, children: inline(m[1] ?? '', depth) } : undefined;
    },
  },
  { pattern: /^\*\*\*([^*]+)\*\*\*/, make: (m, d) => ({ kind: 'strong', children: [{ kind: 'em', children: inline(m[1] ?? '', d) }] }) },
  { pattern: /^(\*\*|__)(?=\S)(.+?)\1(?!\*)/, make: (m, d) => ({ kind: 'strong', children: inline(m[2] ?? '', d) }) },
  { pattern: /^~~(?=\S)(.+?)~~/, make: (m, d) => ({ kind: 'del', children: inline(m[1] ?? '', d) }) },
  { pattern: /^~(?=\S)([^~]+)~/, make: (m, d) => ({ kind: 'u', children: inline(m[1] ?? '', d) }) },
  { pattern: /^\*(?=\S)([^*\n]+)\*/, make: (m, d) => ({ kind: 'em', children: inline(m[1] ?? '', d) }) },
  { pattern: /^<br\s*\/?>|^\n/, make: () => ({ kind: 'br' }) },
  {
    pattern: /^<(?:at|person)\s+(?:user_id|id|email|ids)=["']?([^"'>\s]+)["']?\s*>([^<]*)<\/(?:at|person)>/,
    make: (m) => ({ kind: 'at', id: m[1] ?? '', name: m[2] ?? '' }),
  },
  { pattern: /^<a\s+href=["']([^"']*)["']\s*>(.*?)<\/a>/s, make: (m, d) => {
    const href = link(m[1] ?? '');
    return href ? { kind: 'link', href, children: inline(m[2] ?? '', d) } : undefined;
  } },
  { pattern: /^<link\s[^>]*?url=["']([^"']*)["'][^>]*>(.*?)<\/link>/s, make: (m, d) => {
    const href = link(m[1] ?? '');
    return href ? { kind: 'link', href, children: inline(m[2] ?? '', d) } : undefined;
  } },
  { pattern: /^<font\s+color=["']?([\w-]+)["']?\s*>(.*?)<\/font>/s, make: (m, d) => ({ kind: 'font', colour: m[1] ?? '', children: inline(m[2] ?? '', d) }) },
  { pattern: /^<text_tag\s+color=["']?([\w-]+)["']?\s*>(.*?)<\/text_tag>/s, make: (m, d) => ({ kind: 'font', colour: m[1] ?? '', children: inline(m[2] ?? '', d) }) },
  { pattern: /^<(b|i|u|s)>(.*?)<\/\1>/s, make: (m, d) => ({ kind: ({ b: 'strong', i: 'em', u: 'u', s: 'del' } as const)[m[1] as 'b'], children: inline(m[2] ?? '', d) }) },
  { pattern: /^https?:\/\/[^\s<>()（），。]+/, make: (m) => ({ kind: 'link', href: m[0], children: [{ kind: 'text', text: m[0] }] }) },
];
/** Where a rule can begin; all else is text. */
const STARTS = /[`![*_~<\nh\\]/;

export function inline(text: string, depth = 0): Inline[] {
  const nodes: Inline[] = [];
  let plain = '';
  let at = 0;
  const flush = () => {
    if (plain) nodes.push({ kind: 'text', text: plain });
    plain = '';
  };
  while (at < text.length) {
    const start = text[at] ?? '';
    if (start === '\\' && /[\\`*_~[\]<>!#]/.test(text[at + 1] ?? '')) {
      plain += text[at + 1];
      at += 2;
      continue;
    }
    let found: { node: Inline; length: number } | undefined;
    if (depth < DEEPEST && STARTS.test(start)) {
      // Bounded, so that a text made of marks costs no more than any other.
      const rest = text.slice(at, at + 2000);
      for (const { pattern, make } of RULES) {
        const match = pattern.exec(rest);
        const node = match && make(match, depth + 1);
        if (match && node) {
          found = { node, length: match[0].length };
          break;
        }
      }
    }
    if (found) {
      flush();
      nodes.push(found.node);
      at += found.length;
    } else {
      plain += start;
      at += 1;
    }
  }
  flush();
  return nodes;
}

/** A link that may be followed; anything but the web and mail is shown as text. */
export function link(href: string): string | undefined {
  return /^(https?:\/\/|mailto:)/i.test(href) ? href : undefined;
}

/** What a reader hears: the text without its marks. */
export function plain(nodes: Inline[]): string {
  return nodes.map((node) => {
    if ('children' in node) return plain(node.children);
    if (node.kind === 'at') return `@${node.name || node.id}`;
    if (node.kind === 'image') return node.alt;
    return node.kind === 'br' ? ' ' : node.text;
  }).join('');
}
