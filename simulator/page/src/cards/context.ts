// What the elements of a card share.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { CardAction } from '../model/types';
import type { Json } from './json';

export interface CardScope {
  enabled: boolean;
  /** Asks first if the element wants that; false if the answer was no. */
  act(element: Json, action: CardAction, what: string): Promise<boolean>;
}

/** The values of a form, by the names of its components. */
export interface FormScope {
  name: string | undefined;
  values: Map<string, unknown>;
  submit(button: Json, what: string): Promise<void>;
  reset(): void;
}

export const CardContext = createContext<CardScope>({ enabled: false, act: () => Promise.resolve(false) });
export const FormContext = createContext<FormScope | undefined>(undefined);

export const useCard = () => useContext(CardContext);
export const useForm = () => useContext(FormContext);
