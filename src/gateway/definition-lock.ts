/** The lock file of a gateway, and what it guards. */
import { join } from 'node:path';
import { DefinitionGuard, type DefinitionGuardOptions } from '../catalog/lock/definition-guard.ts';
import { type KeptDefinitions, openKeptDefinitions } from '../catalog/lock/kept-definitions.ts';
import { changedServers, openLockStore } from '../catalog/lock/lock-store.ts';
import type { Lock } from '../catalog/lock/lock-text.ts';
import { recordAcceptance } from '../catalog/record-change.ts';
import type { SharedFile } from '../catalog/shared-file.ts';
import { lockPath } from '../config/settings.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import { watchFiles } from '../config/watch-files.ts';
import type { Foundation } from './foundation.ts';

export interface DefinitionLock {
  readonly guard: DefinitionGuard;
  /**
   * Follows the file.
   * @param isWatched false for commands that end soon
   * @param changed told of servers of which something else is accepted now
   * @returns ends it
   */
  watch(isWatched: boolean, changed: (server: ServerDefinition) => void): () => void;
}

/** @param others the tools of all servers but one, as far as they are known */
export function openDefinitions(
  { settings, config, audit, log }: Foundation,
  others: DefinitionGuardOptions['others'],
): DefinitionLock {
  const path = lockPath(settings, config.location.rules.path);
  const lock = openLockStore(path, (error) => log.error({ reason: error.message }, 'the lock file is not used'));
  /** The definitions that everybody knows of; undefined before the first reading. */
  let told: Lock | undefined;
  const guard = new DefinitionGuard({
    lock,
    kept: keptIn(join(settings.cacheDir, KEPT_FOLDER), path),
    others,
    log,
    onFirstSight(server, locked) {
      told = lock.current();
      const accepted = [...locked.keys()];
      log.info(
        { server: server.name, definitions: accepted.length },
        'what the server offers was accepted at first sight',
      );
      const failed = (err: unknown): void => log.error({ err }, 'what was accepted could not be recorded');
      recordAcceptance(audit, failed, { server: server.name, by: 'first_sight', accepted, removed: [] });
    },
  });

  const read = async (changed: (server: ServerDefinition) => void): Promise<void> => {
    const after = await lock.read();
    const names = told === undefined || after === undefined ? [] : changedServers(told, after);
    told = after ?? told;
    if (names.length > 0) log.info({ servers: names }, 'the lock file changed');
    for (const name of names) {
      const server = config.current().servers.get(name);
      if (server !== undefined) changed(server);
    }
  };

  return {
    guard,
    watch: (isWatched, changed) =>
      isWatched
        ? watchFiles([path], () => {
            read(changed).catch((err: unknown) => log.error({ err }, 'the lock file could not be read'));
          })
        : () => undefined,
  };
}

/** Below the cache: texts of definitions. */
export const KEPT_FOLDER = 'locked';

/** @returns opens the file of a server once */
function keptIn(folder: string, lock: string): (server: string) => SharedFile<KeptDefinitions> {
  const files = new Map<string, SharedFile<KeptDefinitions>>();
  return (server) => {
    const file = files.get(server) ?? openKeptDefinitions(folder, lock, server);
    files.set(server, file);
    return file;
  };
}
