/** The session of a client of the 2025 revisions, started again when it is over. */
import { openHttp } from '../support/http.ts';
import type { LoadCaller } from './steady-load.ts';

/** Milliseconds between two attempts to start one. */
const AGAIN_MS = 20;
export const LEGACY = '2025-11-25';

export class ClientSession {
  readonly #url: string;
  readonly #token: string;
  #current: Promise<string> | undefined;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  /** The session; one is started where there is none. */
  current(): Promise<string> {
    this.#current ??= this.#start();
    return this.#current;
  }

  /** That session is not there any more. */
  over(session: string): void {
    const before = this.#current;
    void before?.then((known) => {
      if (known === session && this.#current === before) this.#current = undefined;
    });
  }

  async #start(): Promise<string> {
    for (;;) {
      try {
        const { session } = await openHttp(this.#url, LEGACY, { token: this.#token });
        if (session !== undefined) return session;
      } catch {
        // What could not be started is tried again.
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** A client for each token. */
export function clientsWithSessions(url: string, tokens: readonly string[]): LoadCaller[] {
  return tokens.map((token) => ({ revision: LEGACY, token, sessions: new ClientSession(url, token) }));
}
