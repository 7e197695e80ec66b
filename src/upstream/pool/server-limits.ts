/** The limits of a server where its entry does not set them. docs/servers.md tells users the same figures. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { HandshakeBudgets } from '../rpc/connection.ts';

export interface Budgets extends HandshakeBudgets {
  /** Milliseconds until an event stream names the address for messages, where it is only tried whether it does. */
  readonly endpointMs: number;
  /** Milliseconds between the steps of stopping a process. */
  readonly stopStepMs: number;
}

export const BUDGETS: Budgets = {
  startMs: 120_000,
  handshakeMs: 15_000,
  probeMs: 2000,
  httpProbeMs: 3000,
  endpointMs: 5000,
  stopStepMs: 2000,
};

export interface ServerLimits {
  readonly budgets: Budgets;
  /** Milliseconds without a call after which a connection ends; undefined: as long as the gateway. */
  readonly idleMs: number | undefined;
  readonly maxConcurrent: number;
  readonly maxQueue: number;
  readonly maxConnections: number;
}

/** A connection that belongs to one principal or session is given up after this long without a call. */
export const OWNED_IDLE_MS = 1_800_000;

export function limitsOf({ life, link }: ServerDefinition, budgets: Budgets): ServerLimits {
  return {
    budgets: {
      ...budgets,
      startMs: life?.startTimeoutMs ?? budgets.startMs,
      handshakeMs: life?.handshakeTimeoutMs ?? budgets.handshakeMs,
    },
    idleMs: life?.idleTimeoutMs,
    maxConcurrent: life?.maxConcurrent ?? 128,
    maxQueue: life?.maxQueue ?? 1024,
    maxConnections: life?.maxInstances ?? (link.transport === 'stdio' ? 32 : 256),
  };
}
