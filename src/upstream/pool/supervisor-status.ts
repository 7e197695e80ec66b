/** How the connections of one server are, taken together. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { GatewayError } from '../../shared/errors.ts';
import type { ServerState, ServerStatus } from '../contract.ts';
import type { Backoff } from './backoff.ts';
import type { ConcurrencyLimiter } from './concurrency-limiter.ts';
import { withOutput } from './last-output.ts';
import { liveConnection, type PooledConnection } from './pooled-connection.ts';

export interface StateParts {
  readonly server: ServerDefinition;
  readonly instances: ReadonlySet<PooledConnection>;
  readonly backoff: Backoff;
  readonly limiter: ConcurrencyLimiter;
  readonly lastError: GatewayError | undefined;
  /** Processes started so far. */
  readonly starts: number;
}

export function statusOf({ server, instances, backoff, limiter, lastError, starts }: StateParts): ServerStatus {
  const all = [...instances];
  const live = all.filter((instance) => liveConnection(instance) !== undefined);
  const making = all.filter((instance) => !live.includes(instance) && instance.connecting !== undefined);
  const newest = live.map(liveConnection).at(-1);
  return {
    name: server.name,
    key: server.key,
    state: stateOf(live, making.length, backoff, lastError),
    facts: newest?.facts,
    timing: newest?.timing,
    instances: live.length + making.length,
    pids: live.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    starts,
    active: limiter.active,
    waiting: limiter.waiting,
    retryInMs: Math.ceil(backoff.waitMs(performance.now())),
    lastError: lastError && withOutput(lastError).message,
  };
}

function stateOf(
  live: readonly PooledConnection[],
  making: number,
  backoff: Backoff,
  lastError: GatewayError | undefined,
): ServerState {
  if (live.some(({ breaker }) => breaker?.openSince !== undefined)) return 'degraded';
  if (live.length > 0) return 'ready';
  if (making > 0) return 'starting';
  if (lastError?.code === 'AUTH_REQUIRED') return 'auth-required';
  if (lastError === undefined || !backoff.failing) return 'stopped';
  return lastError.data?.['config'] === true ? 'failed-config' : 'backing-off';
}
