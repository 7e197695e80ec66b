import { expect, test } from 'vitest';
import type { ConfigContents } from '../config/load-snapshot.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { ConfigAgreement } from './config-agreement.ts';
import type { PoolWorker, WorkerPool } from './worker-pool.ts';

/** A worker that does what it is told, or fails at it. */
function workerOf(number: number, said: string[], failsAt?: string): PoolWorker {
  const ask = async (what: string): Promise<void> => {
    said.push(`${number} ${what}`);
    if (what === failsAt) throw new Error(what);
  };
  return { number, isReady: true, channel: { ask } } as unknown as PoolWorker;
}

/** A pool that names those which it replaces. */
function poolOf(members: PoolWorker[], replaced: number[]): WorkerPool {
  type Ask = (worker: PoolWorker) => Promise<void>;
  return {
    everybody: async (ask: Ask) => void (await Promise.all(members.map(ask))),
    everybodyOrSuccessor: async (ask: Ask) => {
      await Promise.all(members.map((one) => ask(one).catch(() => replaced.push(one.number))));
    },
  } as unknown as WorkerPool;
}

const NEXT = { servers: new Map() } as unknown as Snapshot;

test('a worker that was started meanwhile and cannot prepare is replaced, and the others change', async () => {
  const said: string[] = [];
  const replaced: number[] = [];
  const members = [workerOf(0, said)];
  const agreement = new ConfigAgreement(2, () => poolOf(members, replaced));
  const swap = await agreement.agree({} as ConfigContents, NEXT);
  members.push(workerOf(1, said, 'prepare'));
  await swap();
  expect(said).toEqual(['0 prepare', '0 swap', '1 prepare']);
  expect(replaced).toEqual([1]);
});

test('nothing changes where one finds something wrong', async () => {
  const said: string[] = [];
  const members = [workerOf(0, said), workerOf(1, said, 'prepare')];
  const agreement = new ConfigAgreement(2, () => poolOf(members, []));
  await expect(agreement.agree({} as ConfigContents, NEXT)).rejects.toThrow('prepare');
  expect(said).toEqual(['0 prepare', '1 prepare']);
});
