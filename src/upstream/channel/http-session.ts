/** The session with one HTTP server up to 2025-11-25: what requests carry because of it, and wait for (basic/transports). */
import { unavailable } from '../failures.ts';
import { discard, type HttpClient } from './http-client.ts';
import type { HttpResponse } from './http-exchange.ts';

/** Milliseconds that the end of a session may take. */
const DELETE_TIMEOUT_MS = 1000;
/**
 * The ids that a header can carry back. They should be visible ASCII (2025-11-25, basic/transports, Session Management), but clients do not
 * mind. Headers have a limit of their own.
 */
const SESSION_ID = /^[\t\x20-\x7e\x80-\xff]+$/;

export interface HttpSession {
  /** As the server calls it; undefined without one. */
  readonly id: string | undefined;
  /** True while requests have to wait: for the end of `notifications/initialized`, or for a new session. */
  readonly isHeld: boolean;
  /** Resolves when they need not. */
  ready(): Promise<void>;
  /** Lets them wait for this, whatever comes of it. */
  holdWhile(work: Promise<unknown>): void;
  /** Sets the revision that every message says from now on. */
  speak(revision: string): void;
  headers(): Record<string, string>;
  /** Takes the session from the answer to `initialize`. @throws GatewayError SERVER_UNAVAILABLE where no header can carry its id */
  begin(response: HttpResponse): void;
  /** Resolves with a new session; everybody who lost the same one shares it. */
  renew(lost: string): Promise<void>;
  /** Tells the server that it is not needed any more. Never rejects. */
  end(client: HttpClient): Promise<void>;
}

/** @param initialize makes a new session in place of one that was lost. */
export function createHttpSession(server: string, initialize: () => Promise<void>): HttpSession {
  let id: string | undefined;
  let revision: string | undefined;
  let hold: Promise<unknown> | undefined;
  let renewing: Promise<void> | undefined;

  const ready = async (): Promise<void> => {
    while (hold !== undefined) await hold;
  };

  const holdWhile = (work: Promise<unknown>): void => {
    const next = work
      .catch(() => undefined)
      .then(() => {
        if (hold === next) hold = undefined;
      });
    hold = next;
  };

  const headers = (): Record<string, string> => {
    const named: Record<string, string> = {};
    if (revision !== undefined) named['mcp-protocol-version'] = revision;
    if (id !== undefined) named['mcp-session-id'] = id;
    return named;
  };

  return {
    get id() {
      return id;
    },
    get isHeld() {
      return hold !== undefined;
    },
    ready,
    holdWhile,
    speak(spoken) {
      revision = spoken;
    },
    headers,
    begin(response) {
      const next = response.header('mcp-session-id') || undefined;
      if (next !== undefined && !SESSION_ID.test(next)) {
        throw unavailable(server, 'gave a session id that no header can carry.');
      }
      id = next;
    },
    async renew(lost) {
      if (id === lost) {
        id = undefined;
        renewing = initialize();
        holdWhile(renewing);
      }
      await renewing;
      await ready();
    },
    async end(client) {
      if (id === undefined) return;
      const lastHeaders = headers();
      id = undefined;
      try {
        const signal = AbortSignal.timeout(DELETE_TIMEOUT_MS);
        discard(await client.request({ method: 'DELETE', headers: lastHeaders, signal }));
      } catch {
        // The server is gone, and its session with it.
      }
    },
  };
}
