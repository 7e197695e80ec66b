/** Credentials on disk: one encrypted file each, under a lock of its own, shared by all gateways of a user. */
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { draftPrivateFile } from '../../config/config-files.ts';
import { systemKeychain } from '../../config/keychain.ts';
import { createKeySource, type KeyOptions, type SecretKey } from '../../config/secret-key.ts';
import type { Settings } from '../../config/settings.ts';
import { GatewayError } from '../../shared/errors.ts';
import { holdLock } from '../../shared/hold-lock.ts';
import { systemCode } from '../../shared/system-code.ts';
import type { Log } from '../contract.ts';
import type { CredentialKey, CredentialStore } from './credential-contract.ts';
import {
  CREDENTIAL_FILE,
  credentialFileName,
  damagedCredential,
  readCredentialKey,
  sealCredential,
  unsealCredential,
} from './credential-file.ts';

/** Bytes that are taken before a change; few tokens are larger. */
const ROOM_BYTES = 32 * 1024;

/** The credentials of this user, as the settings of the process say. */
export function openCredentials({ configDir, secretKey, keychain }: Settings, log: Log): CredentialStore {
  return new FileCredentialStore({
    dir: join(configDir, 'credentials'),
    given: secretKey,
    keychain: keychain ? systemKeychain : async () => undefined,
    onProblem: (problem) => log.warn({ problem }, 'a stored sign-in is left out'),
  });
}

export interface StoreOptions extends KeyOptions {
  /** A file that `list` leaves out because nobody can tell what it is, once; the sentence says what to do. */
  readonly onProblem: (message: string) => void;
}

/** The store in a folder, which is made when something is stored. */
export class FileCredentialStore implements CredentialStore {
  readonly #dir: string;
  readonly #onProblem: (message: string) => void;
  readonly #getSecretKey: () => Promise<SecretKey>;
  /** Paths of files that `onProblem` knows. */
  readonly #problems = new Set<string>();

  constructor(options: StoreOptions) {
    this.#dir = options.dir;
    this.#onProblem = options.onProblem;
    this.#getSecretKey = createKeySource(options);
  }

  async read(key: CredentialKey): Promise<unknown> {
    const path = this.#pathOf(key);
    const text = await readText(path);
    return text === undefined ? undefined : unsealCredential(path, text, key, this.#getSecretKey);
  }

  update(key: CredentialKey, change: (stored: unknown) => Promise<unknown>): Promise<unknown> {
    return this.#lock(key, async () => {
      const stored = await this.read(key);
      // The change may get a token that is given out once: whatever could keep it from being stored has to fail before.
      await this.#getSecretKey();
      const path = this.#pathOf(key);
      const draft = await writing(path, () => draftPrivateFile(path, ROOM_BYTES));
      try {
        const next = await change(stored);
        if (next === undefined) return stored;
        const text = sealCredential(key, next, await this.#getSecretKey());
        await writing(path, () => draft.commit(text));
        return next;
      } finally {
        await draft.discard();
      }
    });
  }

  async remove(key: CredentialKey): Promise<boolean> {
    const path = this.#pathOf(key);
    if ((await readText(path)) === undefined) return false;
    return this.#lock(key, async () => {
      const isThere = (await readText(path)) !== undefined;
      await rm(path, { force: true });
      return isThere;
    });
  }

  async list(): Promise<readonly CredentialKey[]> {
    const names = await readdir(this.#dir).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return [];
      throw unreadable(this.#dir, error);
    });
    const keys: CredentialKey[] = [];
    for (const name of names.filter((candidate) => CREDENTIAL_FILE.test(candidate)).sort()) {
      const path = join(this.#dir, name);
      const text = await readText(path);
      // Removed since.
      if (text === undefined) continue;
      const key = readCredentialKey(name, text);
      if (key === undefined) this.#reportOnce(path);
      else keys.push(key);
    }
    return keys;
  }

  #reportOnce(path: string): void {
    if (!this.#problems.has(path)) this.#onProblem(damagedCredential(path).message);
    this.#problems.add(path);
  }

  #pathOf(key: CredentialKey): string {
    return join(this.#dir, credentialFileName(key));
  }

  async #lock<T>(key: CredentialKey, work: () => Promise<T>): Promise<T> {
    await writing(this.#dir, async () => {
      await mkdir(this.#dir, { recursive: true, mode: 0o700 });
      await chmod(this.#dir, 0o700);
    });
    return holdLock(`${this.#pathOf(key)}.lock`, work);
  }
}

/** Undefined where there is no such file. */
async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): GatewayError {
  return new GatewayError(
    'CREDENTIALS_UNREADABLE',
    `${path} cannot be read (${systemCode(error) ?? 'unknown error'}). Give this user the right to read it.`,
    { cause: error },
  );
}

async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new GatewayError(
      'CREDENTIALS_UNREADABLE',
      `${path} cannot be written (${systemCode(error) ?? 'unknown error'}). Make room on the disk, or give this user the right to write there.`,
      { cause: error },
    );
  }
}
