import type { ServerEntry } from './file-schemas.ts';
import type { ServerLife } from './snapshot.ts';

/** The life of connections as an entry says it; undefined where it says nothing. */
export function lifeOf(entry: ServerEntry): ServerLife | undefined {
  const life: ServerLife = {
    startTimeoutMs: entry.start_timeout_ms,
    handshakeTimeoutMs: entry.handshake_timeout_ms,
    idleTimeoutMs: entry.idle_timeout_ms,
    maxConcurrent: entry.max_concurrent,
    maxQueue: entry.max_queue,
    sharing: entry.sharing,
    maxInstances: entry.max_instances,
  };
  return Object.values(life).every((value) => value === undefined) ? undefined : life;
}
