import { notify } from './notices';

/** Does something with the simulator; if it refuses, its words are shown and the result is nothing. */
export async function attempt<T>(what: () => Promise<T>): Promise<T | undefined> {
  try {
    return await what();
  } catch (error) {
    notify('error', error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
