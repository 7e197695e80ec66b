/** Attestations of this gateway, and the socket that they come through where the rules ask for hooks. */
import { randomBytes } from 'node:crypto';
import type { Snapshot } from '../config/snapshot.ts';
import { type Attestations, createAttestations } from '../identity/attestations.ts';
import type { Logger } from '../observe/log.ts';
import type { HookSocket } from './hook-socket.ts';

export interface HookJoin {
  readonly attestations: Attestations;
  /** Opens the socket once a principal has `hook`. Never rejects: without the socket nothing is attested. */
  update(snapshot: Snapshot): Promise<void>;
  close(): Promise<void>;
}

export function createHookJoin(cacheDir: string, name: string, log: Pick<Logger, 'info' | 'error'>): HookJoin {
  const key = randomBytes(32);
  const attestations = createAttestations(key);
  let socket: Promise<HookSocket | undefined> | undefined;
  const open = async (): Promise<HookSocket | undefined> => {
    try {
      const { openHookSocket } = await import('./hook-socket.ts');
      const opened = await openHookSocket(cacheDir, name, key, attestations);
      log.info('hooks may attest agents');
      return opened;
    } catch (error) {
      log.error({ err: error }, 'hooks cannot attest agents: calls get the default agent of their principal');
      return undefined;
    }
  };
  return {
    attestations,
    async update({ principals }) {
      const wanted = [...(principals?.values() ?? [])].some(({ hook }) => hook);
      if (wanted) socket ??= open();
      await socket;
    },
    async close() {
      await (await socket)?.close();
    },
  };
}
