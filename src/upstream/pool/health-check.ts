/** The breaker of one connection, and what becomes of a process that stays silent. */

import type { Log } from '../contract.ts';
import { unavailable } from '../failures.ts';
import type { ManagedConnection } from '../rpc/connection.ts';
import { type Breaker, createBreaker } from './circuit-breaker.ts';
import type { PooledConnection } from './pooled-connection.ts';

const PING_MS = 2000;
/** A process that is silent for this long, and works for nobody, is started again. */
const STUCK_MS = 60_000;

/** @param isProcess false where ending the connection would not help. */
export function watchAlive(
  instance: PooledConnection,
  link: ManagedConnection,
  { server, log, isProcess }: { readonly server: string; readonly log: Log; readonly isProcess: boolean },
): Breaker {
  return createBreaker({
    server,
    heardAt: () => link.heardAt,
    ping: () => link.ping(PING_MS),
    opened: () => log.warn({ server }, 'server does not answer: no calls are sent to it'),
    stillSilent: (openSince) => {
      if (!isProcess || performance.now() - openSince <= STUCK_MS || instance.calls > 0) return;
      void link.end(unavailable(server, 'did not answer for over a minute and is started again.'));
    },
    recovered: () => log.info({ server }, 'server answers again'),
  });
}
