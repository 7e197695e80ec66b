/** The configuration of a worker: the first process reads the files and says when to use what they hold. */
import process from 'node:process';
import { ConfigListeners, type ConfigStore } from '../config/config-store.ts';
import { type ConfigContents, checkConfig, configError } from '../config/load-snapshot.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { Owners, StartOrder } from './ipc-messages.ts';

export interface ConfigReplica extends ConfigStore {
  /** Checks what may come next. @throws GatewayError CONFIG_INVALID */
  prepare(contents: ConfigContents, owners: Owners): Promise<void>;
  /** Uses what was prepared. */
  swap(): void;
  reloaded(status: ReturnType<ConfigStore['status']>): void;
  /** Number of the worker that a server belongs to. */
  ownerOf(server: string): number;
  /** Resolves at the next swap, or where none comes in time. */
  caughtUp(): Promise<void>;
}

interface Loaded {
  readonly contents: ConfigContents;
  readonly owners: Owners;
  readonly snapshot: Snapshot;
}

/** Milliseconds between the swaps of two workers, at most. */
const SWAP_MS = 1000;

/**
 * @param failed told what a listener threw
 * @throws GatewayError CONFIG_INVALID
 */
export async function createConfigReplica(
  order: StartOrder,
  reload: () => void,
  failed: (error: unknown) => void,
): Promise<ConfigReplica> {
  const load = async (contents: ConfigContents, owners: Owners): Promise<Loaded> => {
    const { snapshot, problems } = await checkConfig(contents, process.env, {
      mainScript: order.mainScript,
      code: order.settings.code,
    });
    if (snapshot === undefined) throw configError(problems);
    return { contents, owners, snapshot };
  };
  let { status } = order.config;
  let current = await load(order.config.contents, order.owners);
  let prepared: Loaded | undefined;
  const listeners = new ConfigListeners(failed);
  let waiting: (() => void)[] = [];

  return {
    location: order.config.location,
    problems: [],
    current: () => current.snapshot,
    contents: () => current.contents,
    subscribe: (listener) => listeners.add(listener),
    async reload() {
      reload();
      return { kind: 'unchanged' };
    },
    status: () => status,
    close() {},
    async prepare(contents, owners) {
      prepared = await load(contents, owners);
    },
    swap() {
      if (prepared === undefined) return;
      current = prepared;
      prepared = undefined;
      listeners.tell(current.snapshot);
      for (const go of waiting) go();
      waiting = [];
    },
    reloaded(next) {
      status = next;
    },
    ownerOf: (server) => current.owners.get(server) ?? prepared?.owners.get(server) ?? order.number,
    definition(name, key) {
      for (const loaded of [current, prepared]) {
        const found = loaded?.snapshot.servers.get(name);
        if (found?.key === key) return found;
      }
      return undefined;
    },
    caughtUp: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        setTimeout(resolve, SWAP_MS).unref();
      }),
  };
}
