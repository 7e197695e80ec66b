/** How the connections of a server live where its entry does not say. docs/servers.md tells users the same figures. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { Budgets } from './connect.ts';

export interface Life {
  readonly budgets: Budgets;
  /** Undefined: as long as the gateway. */
  readonly idleMs: number | undefined;
  readonly maxConcurrent: number;
  readonly maxQueue: number;
  readonly maxInstances: number;
}

/** A connection that belongs to one principal or session is given up after this long without a call. */
export const OWNED_IDLE_MS = 1_800_000;

export function lifeOf({ life, link }: ServerDefinition, budgets: Budgets): Life {
  return {
    budgets: {
      ...budgets,
      startMs: life?.startTimeoutMs ?? budgets.startMs,
      handshakeMs: life?.handshakeTimeoutMs ?? budgets.handshakeMs,
    },
    idleMs: life?.idleTimeoutMs,
    maxConcurrent: life?.maxConcurrent ?? 128,
    maxQueue: life?.maxQueue ?? 1024,
    maxInstances: life?.maxInstances ?? (link.transport === 'stdio' ? 32 : 256),
  };
}
