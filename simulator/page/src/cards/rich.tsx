// Texts of the platform as elements: markdown trees, links, mentions. No HTML is made from text.

import type { ComponentChildren } from 'preact';
import { memo } from '../ui/memo';
import { api } from '../api';
import { markdown, type Block, type Inline } from '../model/markdown';
import { useStore } from '../ui/watch';

export const Markdown = memo(({ text }: { text: string }) => <div class="md">{blocks(markdown(text))}</div>);

function blocks(nodes: Block[]): ComponentChildren {
  return nodes.map((block, key) => {
    switch (block.kind) {
      case 'p':
        return <p key={key}><Inlines nodes={block.children} /></p>;
      case 'heading':
        return <p key={key} class={`md-h md-h${block.level}`} role="heading" aria-level={3}><Inlines nodes={block.children} /></p>;
      case 'quote':
        return <blockquote key={key}>{blocks(block.blocks)}</blockquote>;
      case 'code':
        return <pre key={key} tabIndex={0}><code>{block.text}</code></pre>;
      case 'hr':
        return <hr key={key} />;
      case 'list': {
        const items = block.items.map((item, at) => <li key={at}>{blocks(item)}</li>);
        return block.ordered ? <ol key={key} start={block.start}>{items}</ol> : <ul key={key}>{items}</ul>;
      }
      case 'table':
        return (
          <table key={key}>
            <thead><tr>{block.head.map((cell, at) => <th key={at}><Inlines nodes={cell} /></th>)}</tr></thead>
            <tbody>{block.rows.map((row, at) => <tr key={at}>{row.map((cell, column) => <td key={column}><Inlines nodes={cell} /></td>)}</tr>)}</tbody>
          </table>
        );
    }
  });
}

export function Inlines({ nodes }: { nodes: Inline[] }) {
  return (
    <>
      {nodes.map((node, key) => {
        switch (node.kind) {
          case 'text':
            return node.text;
          case 'br':
            return <br key={key} />;
          case 'code':
            return <code key={key}>{node.text}</code>;
          case 'at':
            return <At key={key} id={node.id} name={node.name} />;
          case 'image':
            return <Picture key={key} source={node.key} alt={node.alt} />;
          case 'link':
            return <a key={key} href={node.href} target="_blank" rel="noopener noreferrer"><Inlines nodes={node.children} /></a>;
          case 'font':
            return <span key={key} class={`ink-${colourName(node.colour)}`}><Inlines nodes={node.children} /></span>;
          case 'strong':
            return <strong key={key}><Inlines nodes={node.children} /></strong>;
          case 'em':
            return <em key={key}><Inlines nodes={node.children} /></em>;
          case 'del':
            return <del key={key}><Inlines nodes={node.children} /></del>;
          case 'u':
            return <u key={key}><Inlines nodes={node.children} /></u>;
        }
      })}
    </>
  );
}

export function At({ id, name }: { id: string; name?: string }) {
  const store = useStore('chats');
  const everyone = id === 'all';
  const known = store.person(id)?.name ?? store.app(id)?.name;
  return <span class="at">@{everyone ? 'all' : name || known || id}</span>;
}

/** An image by its key. What is not a key of this platform is not fetched: the page makes no request elsewhere. */
export function Picture({ source, alt }: { source: string; alt: string }) {
  const local = /^[\w-]+$/.test(source);
  if (!local) return <span class="missing" title={source}>{alt || source}</span>;
  return <img class="picture" src={api.fileUrl(source)} alt={alt} loading="lazy" decoding="async" />;
}

const INKS = ['blue', 'wathet', 'turquoise', 'green', 'yellow', 'orange', 'red', 'carmine', 'violet', 'purple', 'indigo', 'grey'];

/** One of the platform's colour names; class names are not made from other text. */
export function colourName(colour: string): string {
  const name = colour.split('-')[0] ?? '';
  return INKS.includes(name) ? name : 'default';
}
