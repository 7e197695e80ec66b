/** The other end of a request: what can be asked of the caller and told to it while the request is open. */

import type { Era } from '../protocol/revisions.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import type { ClientAnswer } from '../upstream/contract.ts';
import { NOTHING_OFFERED, type Offered } from './offered-capabilities.ts';

export interface CallingClient extends Offered {
  readonly era: Era;
  /** The client's name for itself (`clientInfo`); undefined where it does not say. */
  readonly name: () => string | undefined;
  /** Id of a session of the 2025 revisions, `stdio` for the stdio connection; undefined for callers of 2026-07-28. */
  readonly session: string | undefined;
  /**
   * Least severity of `notifications/message` that the caller wants. Undefined: none for callers of 2026-07-28, what the server
   * chooses for others.
   */
  readonly logLevel: string | undefined;
  /**
   * Sends a request on the stream of this call; only callers of the 2025 revisions can be asked.
   * @param withdrawn aborted when the server takes its question back.
   */
  readonly ask: ((method: string, params: string, withdrawn?: CancelSignal) => Promise<ClientAnswer>) | undefined;
  /** Sends a notification that belongs to this request. */
  readonly tell: (method: string, params: string) => void;
  /** The value of a header of the request, by its lower-case name; undefined where requests have none that count. */
  readonly header: ((name: string) => string | undefined) | undefined;
  /** The members that a caller of 2026-07-28 sends with its retry (basic/patterns/mrtr). */
  readonly retry: Retry | undefined;
}

export interface Retry {
  /** Text of the `inputResponses` object. */
  readonly inputResponses: string | undefined;
  readonly requestState: string | undefined;
}

/** A client that can be asked nothing and told nothing. */
export function silentClient(era: Era): CallingClient {
  return {
    ...NOTHING_OFFERED,
    era,
    name: () => undefined,
    session: undefined,
    logLevel: undefined,
    ask: undefined,
    tell: () => {},
    header: undefined,
    retry: undefined,
  };
}
