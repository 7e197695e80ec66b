/** The lock file in use: read when it changed, and changed by one process at a time. A file that is broken changes nothing. */
import { GatewayError } from '../../shared/errors.ts';
import { openSharedFile } from '../shared-file.ts';
import { type Lock, lockText, NOTHING_LOCKED, readLock } from './lock-text.ts';

export interface LockStore {
  readonly path: string;
  /** The lock as of the last reading. */
  current(): Lock;
  /**
   * Reads the file where it changed since.
   * @returns undefined while it is broken and never was right: nothing is known then, not even what is new.
   */
  read(): Promise<Lock | undefined>;
  /**
   * Replaces what is locked; `change` gives what it was given where there is nothing to change.
   * @throws GatewayError CONFIG_INVALID where the file is broken, CANNOT_WRITE
   */
  update(change: (lock: Lock) => Lock): Promise<void>;
}

interface Content {
  readonly lock: Lock;
  readonly fault: GatewayError | undefined;
}

/** @param broken told once of each content that cannot be read */
export function openLockStore(path: string, broken: (error: GatewayError) => void): LockStore {
  const file = openSharedFile<Content>(path, {
    parse: (text) => contentOf(text, path),
    print: ({ lock }) => lockText(lock),
  });
  let told: Content | undefined;
  let known: Lock | undefined;

  const read = async (): Promise<Lock | undefined> => {
    const content = await file.read();
    if (content.fault === undefined) known = content.lock;
    else if (content !== told) broken(content.fault);
    told = content;
    return known;
  };

  return {
    path,
    current: () => known ?? NOTHING_LOCKED,
    read,
    async update(change) {
      await file.update((before) => {
        if (before.fault !== undefined) throw before.fault;
        const lock = change(before.lock);
        return lock === before.lock ? before : { lock, fault: undefined };
      });
      await read();
    },
  };
}

function contentOf(text: string, path: string): Content {
  if (text === '') return { lock: NOTHING_LOCKED, fault: undefined };
  try {
    return { lock: readLock(text, path), fault: undefined };
  } catch (error) {
    if (error instanceof GatewayError) return { lock: NOTHING_LOCKED, fault: error };
    throw error;
  }
}

/** Names of the servers of which two locks say something else. */
export function changedServers(before: Lock, after: Lock): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const [one, other] = [before.get(name), after.get(name)];
    return one?.size !== other?.size || [...(one ?? [])].some(([key, value]) => other?.get(key) !== value);
  });
}
