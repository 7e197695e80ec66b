/** Sums up the connections of one server for its status. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { GatewayError } from '../../shared/errors.ts';
import type { ServerState, ServerStatus } from '../contract.ts';
import type { Backoff } from './backoff.ts';
import type { ConcurrencyLimiter } from './concurrency-limiter.ts';
import { withOutput } from './last-output.ts';
import type { PooledConnection } from './pooled-connection.ts';

interface StatusParts {
  readonly server: ServerDefinition;
  readonly connections: ReadonlySet<PooledConnection>;
  readonly backoff: Backoff;
  readonly limiter: ConcurrencyLimiter;
  readonly lastError: GatewayError | undefined;
  /** Processes started so far. */
  readonly starts: number;
}

export function serverStatus({ server, connections, backoff, limiter, lastError, starts }: StatusParts): ServerStatus {
  const all = [...connections];
  const ready = all.filter(({ live }) => live !== undefined);
  const starting = all.filter(({ live, connecting }) => live === undefined && connecting !== undefined);
  const newest = ready.at(-1)?.live;
  return {
    name: server.name,
    key: server.key,
    state: stateOf(ready, starting.length, backoff, lastError),
    facts: newest?.facts,
    timing: newest?.timing,
    instances: ready.length + starting.length,
    pids: ready.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    starts,
    active: limiter.active,
    waiting: limiter.waiting,
    retryInMs: Math.ceil(backoff.waitMs(performance.now())),
    lastError: lastError && withOutput(lastError).message,
  };
}

function stateOf(
  ready: readonly PooledConnection[],
  startingCount: number,
  backoff: Backoff,
  lastError: GatewayError | undefined,
): ServerState {
  if (ready.some(({ breaker }) => breaker?.openSince !== undefined)) return 'degraded';
  if (ready.length > 0) return 'ready';
  if (startingCount > 0) return 'starting';
  if (lastError?.code === 'AUTH_REQUIRED') return 'auth-required';
  if (lastError === undefined || !backoff.failing) return 'stopped';
  return lastError.data?.['config'] === true ? 'failed-config' : 'backing-off';
}
