/** One connection of a server: its link while it is up, and what the supervisor remembers between two links. */
import type { Sharing } from '../../config/snapshot.ts';
import type { Whose } from '../contract.ts';
import type { ManagedConnection } from '../rpc/connection.ts';
import type { Start } from './backoff.ts';
import type { Breaker } from './circuit-breaker.ts';

export interface PooledConnection {
  /** Whom it belongs to (sharing.ts); undefined while it belongs to nobody. */
  scope: string | undefined;
  /** Client capabilities that it offers: JSON text. */
  readonly capabilities: string;
  /** Whose credentials it carries; `''` for those of the gateway. */
  readonly principal: string;
  /** Who may use it; undefined while it belongs to nobody. */
  sharing: Sharing | undefined;
  /** Whether it serves one principal or session alone. */
  exclusive: boolean;
  /** Whom it serves alone; undefined for nobody. */
  whose: Whose | undefined;
  /** Ends a start that nobody wants any more. */
  readonly abandon: AbortController;
  link: ManagedConnection | undefined;
  connecting: Promise<ManagedConnection> | undefined;
  /** Lets a start that waits for its turn go before those that nobody waits for. */
  hurry: (() => void) | undefined;
  /** The start that made the link, until it is known what became of it. */
  start: Start | undefined;
  breaker: Breaker | undefined;
  /** Ends the watch over how long the link is not used. */
  unwatch: () => void;
  /** Of its newest process. */
  pid: number | undefined;
  /** `performance.now` of the last lease or end of a call. */
  usedAt: number;
  /** Calls in flight or waiting. */
  calls: number;
  /** Those of them that chose this connection, where each call has one of its own. */
  running: number;
  /** Whether the link was used for more than listing. */
  served: boolean;
}

/** One that belongs to nobody yet. */
export function createPooledConnection(capabilities: string, principal: string): PooledConnection {
  return {
    scope: undefined,
    capabilities,
    principal,
    sharing: undefined,
    exclusive: true,
    whose: undefined,
    abandon: new AbortController(),
    link: undefined,
    connecting: undefined,
    hurry: undefined,
    start: undefined,
    breaker: undefined,
    unwatch: () => undefined,
    pid: undefined,
    usedAt: performance.now(),
    calls: 0,
    running: 0,
    served: false,
  };
}

/** The live link of an instance, if there is one. */
export function liveConnection({ link }: PooledConnection): ManagedConnection | undefined {
  return link?.closed === false ? link : undefined;
}

/** Nobody would notice if it were closed now. */
export function isIdle({ calls, connecting }: PooledConnection): boolean {
  return calls === 0 && connecting === undefined;
}
