// The content of a message, by its type. What is not known is named and shown as it is.

import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { api } from '../api';
import { list, object, objects, parsed, string, type Json } from '../cards/json';
import { At, Inlines, Markdown, Picture } from '../cards/rich';
import { inline, link } from '../model/markdown';
import { resolved } from '../model/mentions';
import type { Mention, Message } from '../model/types';
import { Dialog } from '../ui/dialog';
import { Icon } from '../ui/icon';
import { useText } from '../ui/settings';

export function Content({ message, full = false }: { message: Message; full?: boolean }) {
  const t = useText();
  const text = message.shown ?? message.content;
  const content = useMemo(() => object(parsed(text)), [text]);
  if (!content) return <Raw type={message.msg_type} text={text} />;
  switch (message.msg_type) {
    case 'text':
      return <Plain text={string(content.text) ?? ''} mentions={message.mentions} />;
    case 'post':
      return <Post post={content} mentions={message.mentions} />;
    case 'image':
      return <Zoomable source={string(content.image_key) ?? ''} full={full} />;
    case 'file':
    case 'folder':
      return <Download source={string(content.file_key) ?? ''} name={string(content.file_name)} />;
    case 'audio':
      return <Download source={string(content.file_key) ?? ''} name={t('audio')} />;
    case 'media':
      return (
        <div>
          {string(content.image_key) && <Picture source={string(content.image_key) ?? ''} alt="" />}
          <Download source={string(content.file_key) ?? ''} name={string(content.file_name)} />
        </div>
      );
    case 'sticker':
      return <span class="missing">{t('sticker')} <code>{string(content.file_key)}</code></span>;
    case 'share_chat':
      return <span class="missing">{t('shareChat')} <code>{string(content.chat_id)}</code></span>;
    case 'share_user':
      return <span class="missing">{t('shareUser')} <At id={string(content.user_id) ?? '?'} /></span>;
    default:
      return <Raw type={message.msg_type} text={text} />;
  }
}

function Raw({ type, text }: { type: string; text: string }) {
  const t = useText();
  return (
    <details class="unsupported">
      <summary>{t('unsupportedMessage')} <code>{type}</code></summary>
      <pre tabIndex={0}>{text}</pre>
    </details>
  );
}

/** A received text knows no markdown but links. */
const LINKS = /\[([^\]]+)\]\((https?:\/\/[^)\s]+)\)|https?:\/\/[^\s<>()（），。]+/g;

/** Longer texts are shown in part until somebody wants all of it: the platform takes 150 KB. */
const LONG = 5000;

export function Plain({ text, mentions }: { text: string; mentions?: Mention[] | undefined }) {
  const t = useText();
  const [all, setAll] = useState(false);
  const cut = text.length > LONG && !all;
  return (
    <span class="plain">
      {resolved(cut ? text.slice(0, LONG) : text, mentions).map((part, key) => 'mention' in part
        ? <At key={key} id={part.mention} name={part.mention} />
        : <Linked key={key} text={part.text} />)}
      {cut && <button type="button" class="link" onClick={() => setAll(true)}>… {t('showAll', { n: text.length })}</button>}
    </span>
  );
}

function Linked({ text }: { text: string }) {
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (const match of text.matchAll(LINKS)) {
    parts.push(text.slice(end, match.index));
    const href = match[2] ?? match[0];
    parts.push(<a key={match.index} href={href} target="_blank" rel="noopener noreferrer">{match[1] ?? href}</a>);
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return <>{parts}</>;
}

function Post({ post, mentions }: { post: Json; mentions?: Mention[] | undefined }) {
  // As it was sent, it stands under its language.
  const inner = post.content === undefined ? object(Object.values(post)[0]) ?? post : post;
  const title = string(inner.title);
  return (
    <div class="post">
      {title && <strong class="post-title">{title}</strong>}
      {list(inner.content).map((paragraph, key) => (
        <p key={key}>{objects(paragraph).map((node, at) => <PostNode key={at} node={node} mentions={mentions} />)}</p>
      ))}
    </div>
  );
}

function PostNode({ node, mentions }: { node: Json; mentions?: Mention[] | undefined }) {
  const text = string(node.text) ?? '';
  const style = list(node.style).filter((name): name is string => typeof name === 'string');
  const classes = style.map((name) => `style-${name.replace(/[^a-zA-Z]/g, '')}`).join(' ');
  switch (node.tag) {
    case 'text':
      return <span class={classes}>{text}</span>;
    case 'a': {
      const href = link(string(node.href) ?? '');
      return href ? <a class={classes} href={href} target="_blank" rel="noopener noreferrer">{text || href}</a> : <span>{text}</span>;
    }
    case 'at': {
      const id = string(node.user_id) ?? '';
      const name = string(node.user_name) ?? mentions?.find(({ key }) => key === id)?.name;
      return <At id={id === '@_all' ? 'all' : id} {...(name && { name })} />;
    }
    case 'img':
      return <Picture source={string(node.image_key) ?? ''} alt="" />;
    case 'media':
      return <Download source={string(node.file_key) ?? ''} name={undefined} />;
    case 'emotion':
      return <span class="tag">{string(node.emoji_type)}</span>;
    case 'hr':
      return <hr />;
    case 'code_block':
      return <pre tabIndex={0}><code>{text}</code></pre>;
    case 'md':
      return <Markdown text={text} />;
    default:
      return <span class="missing">{string(node.tag) ?? '?'} {text && <Inlines nodes={inline(text)} />}</span>;
  }
}

function Zoomable({ source, full }: { source: string; full: boolean }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  if (full) return <Picture source={source} alt={t('image')} />;
  return (
    <>
      <button type="button" class="zoom" aria-label={t('openImage')} onClick={() => setOpen(true)}><Picture source={source} alt={t('image')} /></button>
      {open && <Dialog wide title={t('image')} onClose={() => setOpen(false)}><Picture source={source} alt={t('image')} /></Dialog>}
    </>
  );
}

function Download({ source, name }: { source: string; name: string | undefined }) {
  return (
    <a class="file" href={api.fileUrl(source)} download={name ?? source}>
      <Icon name="file" /> {name ?? source}
    </a>
  );
}

/** More than a preview has room for. */
const MOST_OF_SUMMARY = 300;

/** A message in one line of text: for previews, quotes, and screen readers. */
export function summary(message: Message, say: { card: string; recalled: string }): string {
  return inFull(message, say).slice(0, MOST_OF_SUMMARY);
}

/** The same without an end: what is edited has to be whole. */
export function inFull(message: Message, say: { card: string; recalled: string }): string {
  if (message.recalled) return say.recalled;
  const content = object(parsed(message.shown ?? message.content));
  switch (message.msg_type) {
    case 'text':
      return resolved(string(content?.text) ?? '', message.mentions).map((part) => ('mention' in part ? `@${part.mention}` : part.text)).join('');
    case 'post':
      return string(content?.title) || list(content?.content).flat().map((node) => string(object(node)?.text) ?? '').join(' ');
    case 'interactive': {
      const title = object(object(object(message.card)?.header)?.title);
      return `[${say.card}] ${string(title?.content) ?? ''}`;
    }
    default:
      return `[${message.msg_type}] ${string(content?.file_name) ?? ''}`;
  }
}
