/** One place in the pool of a server: who may use it, its connection while that is up, and what is remembered between two. */
import type { Sharing } from '../../config/snapshot.ts';
import { timerMs } from '../../shared/wait-for.ts';
import type { Whose } from '../contract.ts';
import type { ManagedConnection } from '../rpc/connection.ts';
import type { Start } from './backoff.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';

/** Milliseconds between two looks at a connection whose time is over but that works. */
const BUSY_LOOK_MS = 50;

export class PooledConnection {
  /** Client capabilities that it offers: JSON text. */
  readonly capabilities: string;
  /** The owner of the credentials that it carries; `''` for the gateway. */
  readonly credentialOwner: string;
  /** Ends a start that nobody wants any more. */
  readonly abandon = new AbortController();
  /** The caller that it belongs to (sharing.ts); undefined while it belongs to nobody. */
  scope: string | undefined;
  /** The scope that may use it; undefined while it belongs to nobody. */
  sharing: Sharing | undefined;
  /** True where it serves one principal or session alone. */
  isExclusive = true;
  /** The only caller that it serves; undefined where it serves all. */
  whose: Whose | undefined;
  connection: ManagedConnection | undefined;
  /** The start that is under way. */
  connecting: Promise<ManagedConnection> | undefined;
  /** Lets a start that waits for its turn go before those that nobody waits for. */
  hurry: (() => void) | undefined;
  /** The start that made the connection, until it is known what became of it. */
  start: Start | undefined;
  breaker: CircuitBreaker | undefined;
  /** Of its newest process. */
  pid: number | undefined;
  /** `performance.now` of the last lease or end of a call. */
  usedAt = performance.now();
  /** Calls in flight or waiting. */
  calls = 0;
  /** Those of them that were given this connection because each call has one of its own. */
  soleCalls = 0;
  /** True where the connection was used for more than listing. */
  hasServed = false;
  #idleTimer: NodeJS.Timeout | undefined;

  /** One that belongs to nobody yet. */
  constructor(capabilities: string, owner: string) {
    this.capabilities = capabilities;
    this.credentialOwner = owner;
  }

  /** The connection, if it is up. */
  get live(): ManagedConnection | undefined {
    const { connection } = this;
    return connection?.closed === false ? connection : undefined;
  }

  /** True where nobody would notice if it were closed now. */
  get isIdle(): boolean {
    return this.calls === 0 && this.connecting === undefined;
  }

  /** True where a call may be given it for itself. */
  get isFree(): boolean {
    return this.soleCalls === 0 && this.connection?.isBusy !== true;
  }

  /** Keeps it from looking idle in this turn of the event loop, in which who waited for it makes a request. */
  holdForNow(): void {
    this.calls++;
    setImmediate(() => {
      this.calls--;
    });
  }

  /**
   * Watches the connection that there is now, in place of an earlier one. Timers are set anew only when they fire, not at every call.
   * @param limitMs without a call.
   * @param end called once, when that time is over.
   */
  watchIdle(limitMs: number, end: () => void): void {
    this.unwatchIdle();
    const wait = (ms: number): void => {
      this.#idleTimer = setTimeout(look, timerMs(ms)).unref();
    };
    const look = (): void => {
      const leftMs = this.usedAt + limitMs - performance.now();
      if (leftMs <= 0 && this.isIdle) end();
      else wait(Math.max(leftMs, BUSY_LOOK_MS));
    };
    wait(limitMs);
  }

  /** A timer holds all that its connection holds, for half an hour where nobody says otherwise. */
  unwatchIdle(): void {
    clearTimeout(this.#idleTimer);
  }

  /** Takes the connection away, which has closed. @returns whether it had answered a call */
  clear(): boolean {
    this.connection = undefined;
    this.breaker?.stop();
    this.unwatchIdle();
    return this.start?.isAnswered === true;
  }
}
