/** The agreement of all workers on one configuration, and on which of them has which server. */
import type { ConfigContents } from '../config/load-snapshot.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { Owners } from './ipc-messages.ts';
import { assign } from './server-assignment.ts';
import type { PoolWorker, WorkerPool } from './worker-pool.ts';

export class ConfigAgreement {
  readonly #size: number;
  readonly #workers: () => WorkerPool;
  #owners: Owners = new Map();

  /** @param size how many workers there are */
  constructor(size: number, workers: () => WorkerPool) {
    this.#size = size;
    this.#workers = workers;
  }

  get owners(): Owners {
    return this.#owners;
  }

  /** The worker that has a server; undefined where it is not there. */
  readonly ownerOf = (server: string): PoolWorker | undefined => this.#workers().member(this.#owners.get(server) ?? -1);

  /** Gives the servers of the first configuration to the workers. */
  begin(snapshot: Snapshot): void {
    this.#owners = assign(snapshot.servers.keys(), this.#size);
  }

  /**
   * Lets all workers check what comes next before any of them uses it.
   * @returns has them use it
   * @throws GatewayError what one of them found wrong
   */
  async agree(contents: ConfigContents, next: Snapshot): Promise<() => Promise<void>> {
    const owners = assign(next.servers.keys(), this.#size, this.#owners);
    const prepared = new Set<PoolWorker>();
    const prepare = (worker: PoolWorker): Promise<void> => {
      prepared.add(worker);
      return worker.channel.ask('prepare', contents, owners);
    };
    await this.#workers().everybody(prepare);
    return async () => {
      this.#owners = owners;
      await this.#workers().everybodyOrSuccessor(async (worker) => {
        // One that was started meanwhile began with what was in force then.
        if (!prepared.has(worker)) await prepare(worker);
        await worker.channel.ask('swap');
      });
    };
  }
}
