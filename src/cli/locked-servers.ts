/** The servers of a configuration with what is locked and what was seen of them, for the commands of `definitions`. */
import { join } from 'node:path';
import process from 'node:process';
import { type Comparison, compareWithLock } from '../catalog/lock/compare-with-lock.ts';
import { type KeptDefinitions, openKeptDefinitions, withSight } from '../catalog/lock/kept-definitions.ts';
import { type LockStore, openLockStore } from '../catalog/lock/lock-store.ts';
import { type Lock, lockKey, NOTHING_LOCKED } from '../catalog/lock/lock-text.ts';
import { sightOfAll } from '../catalog/lock/sight.ts';
import { didYouMean } from '../catalog/name-suggestions.ts';
import type { SharedFile } from '../catalog/shared-file.ts';
import { loadSnapshot } from '../config/load-snapshot.ts';
import { lockPath, type Settings } from '../config/settings.ts';
import type { ServerDefinition, Snapshot } from '../config/snapshot.ts';
import { KEPT_FOLDER } from '../gateway/definition-lock.ts';
import { createGateway } from '../gateway/gateway.ts';
import { GatewayError } from '../shared/errors.ts';
import { closeOnInterruption } from './interruption.ts';

/** Milliseconds that a server may take to start: it may be downloading itself. */
const START_MS = 150_000;

export class LockedServers {
  readonly snapshot: Snapshot;
  readonly store: LockStore;
  readonly lock: Lock;
  readonly #settings: Settings;

  private constructor(settings: Settings, snapshot: Snapshot, store: LockStore, lock: Lock) {
    this.#settings = settings;
    this.snapshot = snapshot;
    this.store = store;
    this.lock = lock;
  }

  /** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID, also where the lock file is broken */
  static async open(settings: Settings): Promise<LockedServers> {
    const { snapshot, location } = await loadSnapshot(settings, process.env);
    const store = openLockStore(lockPath(settings, location.rules.path), (error) => {
      throw error;
    });
    return new LockedServers(settings, snapshot, store, (await store.read()) ?? NOTHING_LOCKED);
  }

  /** Names of servers that are configured or locked. */
  get names(): string[] {
    return [...new Set([...this.snapshot.servers.keys(), ...this.lock.keys()])].sort();
  }

  /** @throws GatewayError USAGE where there is no such server */
  require(name: string): void {
    if (this.names.includes(name)) return;
    const meant = didYouMean(name, this.names) || ` There are: ${this.names.join(', ')}.`;
    throw new GatewayError('USAGE', `There is no server "${name}" in ${this.snapshot.paths.servers}.${meant}`);
  }

  kept(name: string): SharedFile<KeptDefinitions> {
    return openKeptDefinitions(join(this.#settings.cacheDir, KEPT_FOLDER), this.store.path, name);
  }

  async compared(name: string): Promise<Comparison> {
    return compareWithLock(this.lock.get(name), await this.kept(name).read());
  }

  /** Everything seen of a server as it is launched now; it is started where no gateway has seen that. @throws GatewayError SERVER_UNAVAILABLE */
  async seen(server: ServerDefinition): Promise<KeptDefinitions> {
    const kept = await this.kept(server.name).read();
    const isKnown = kept.seen.get(lockKey('launch')) === server.launch && kept.seen.size > 1;
    return isKnown ? kept : this.look([server]).then(([looked]) => looked?.kept ?? Promise.reject(looked?.error));
  }

  /** Starts servers and looks at everything that they offer. */
  async look(servers: readonly ServerDefinition[]): Promise<readonly Looked[]> {
    const settings = { ...this.#settings, initStrategy: 'lazy' } as const;
    const gateway = await createGateway(settings, { watch: false, quiet: true, unguarded: true });
    const takeBack = closeOnInterruption(() => gateway.stop(0));
    const one = async ({ name }: ServerDefinition): Promise<Looked> => {
      try {
        const server = gateway.snapshot().servers.get(name);
        if (server === undefined) throw new GatewayError('SERVER_UNAVAILABLE', `Server "${name}" is not configured.`);
        const connection = await gateway.parts.upstreams.lease(server, { timeoutMs: START_MS });
        const sight = await sightOfAll(server, connection);
        const file = this.kept(name);
        await file.update((before) => withSight(before, sight, this.lock.get(name)));
        return { name, kept: await file.read(), error: undefined };
      } catch (error) {
        return { name, kept: undefined, error };
      }
    };
    try {
      return await Promise.all(servers.map(one));
    } finally {
      await gateway.stop(0).finally(takeBack);
    }
  }
}

/** Either what was seen, or why that could not be. */
export interface Looked {
  readonly name: string;
  readonly kept: KeptDefinitions | undefined;
  readonly error: unknown;
}
