// Where the reader is: as whom, in which chat, in which thread.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Store } from '../model/store';
import type { App, Chat } from '../model/types';

/** A chat, or one that begins with the first message: of a person with an app. */
export interface Place {
  chat: string | undefined;
  person?: string;
  app?: string;
}

export interface Session {
  persona: string;
  place: Place;
  thread: string | undefined;
  /** The transcript entry or message that the inspector shows. */
  chosen: number | undefined;
  cardFrame: 'event' | 'card';
  setPersona(name: string): void;
  open(place: Place): void;
  openThread(root: string | undefined): void;
  choose(seq: number | undefined): void;
  /** Shows in the inspector what is about this message. */
  inspect(messageId: string): void;
  setCardFrame(frame: 'event' | 'card'): void;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('no session');
  return session;
}

/** The chat of a place, if it has begun. */
export function chatOf(store: Store, place: Place): Chat | undefined {
  if (place.chat) return store.chats.get(place.chat);
  return place.person ? store.direct(place.person, place.app) : undefined;
}

/** The app whose bot one talks to there; in a group, the first. */
export function appOf(store: Store, place: Place): App | undefined {
  return (place.app && store.app(place.app)) || store.apps[0];
}

export function placeTitle(store: Store, place: Place): string {
  const chat = chatOf(store, place);
  if (chat && chat.mode !== 'p2p') return chat.name || chat.chat_id;
  const app = place.app ?? chat?.members?.find(({ kind }) => kind === 'app')?.id;
  return (app && store.app(app)?.name) || app || '';
}

/** The person of a direct chat. */
export function personOf(chat: Chat): string | undefined {
  return chat.mode === 'p2p' ? chat.members?.find(({ kind }) => kind === 'user')?.id : undefined;
}
