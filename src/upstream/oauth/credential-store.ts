/** Credentials on disk: one encrypted file each, under a lock of its own, shared by all gateways of a user. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { draftPrivateFile } from '../../config/config-files.ts';
import { GatewayError } from '../../shared/errors.ts';
import { holdLock } from '../../shared/hold-lock.ts';
import { systemCode } from '../../shared/system-code.ts';
import type { CredentialKey, CredentialStore } from './credential-key.ts';
import { seal, unseal } from './encryption.ts';
import { createKeySource, type KeyOptions } from './secret-key.ts';

export interface StoreOptions extends KeyOptions {
  /** A file that `list` leaves out because nobody can tell what it is, once; the sentence says what to do. */
  readonly onProblem: (message: string) => void;
}

/** What is in a file. All but `data` is readable, so that a credential can be listed and removed without the key. */
interface Envelope extends CredentialKey {
  readonly version: 1;
  /** `id` of the key. */
  readonly key: string;
  readonly data: string;
}

/** Bytes that are taken before a change; few tokens are larger. */
const ROOM_BYTES = 32 * 1024;

const NAME = /^[0-9a-f]{64}\.json$/;

/** The store in a folder, which is made when something is stored. */
export function createCredentialStore(options: StoreOptions): CredentialStore {
  const { dir, onProblem } = options;
  /** Files that were told of. */
  const told = new Set<string>();
  const secretKey = createKeySource(options);

  const fileOf = (key: CredentialKey): string => {
    const hash = createHash('sha256').update(about(key)).digest('hex');
    return join(dir, `${hash}.json`);
  };

  const read = async (key: CredentialKey): Promise<unknown> => {
    const path = fileOf(key);
    const text = await readText(path);
    if (text === undefined) return undefined;
    const envelope = parse(text);
    if (envelope === undefined || about(envelope) !== about(key)) throw damaged(path);
    const { bytes, id, source } = await secretKey();
    if (id !== envelope.key) throw otherKey(path, source);
    const value = unseal(bytes, envelope.data, about(key));
    if (value === undefined) throw damaged(path);
    return JSON.parse(value);
  };

  const encrypt = async (key: CredentialKey, value: unknown): Promise<string> => {
    const { bytes, id } = await secretKey();
    const { issuer, resource, principal } = key;
    const data = seal(bytes, JSON.stringify(value), about(key));
    const envelope: Envelope = { version: 1, issuer, resource, principal, key: id, data };
    return `${JSON.stringify(envelope)}\n`;
  };

  const locked = async <T>(key: CredentialKey, work: () => Promise<T>): Promise<T> => {
    await writing(dir, async () => {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await chmod(dir, 0o700);
    });
    return holdLock(`${fileOf(key)}.lock`, work);
  };

  return {
    read,
    update: (key, change) =>
      locked(key, async () => {
        const stored = await read(key);
        // The change may get a token that is given out once: whatever could keep it from being stored has to fail before.
        await secretKey();
        const path = fileOf(key);
        const draft = await writing(path, () => draftPrivateFile(path, ROOM_BYTES));
        try {
          const next = await change(stored);
          if (next === undefined) return stored;
          const text = await encrypt(key, next);
          await writing(path, () => draft.commit(text));
          return next;
        } finally {
          await draft.discard();
        }
      }),
    async remove(key) {
      if ((await readText(fileOf(key))) === undefined) return false;
      return locked(key, async () => {
        const there = (await readText(fileOf(key))) !== undefined;
        await rm(fileOf(key), { force: true });
        return there;
      });
    },
    async list() {
      const names = await readdir(dir).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return [];
        throw unreadable(dir, error);
      });
      const found: CredentialKey[] = [];
      for (const name of names.filter((candidate) => NAME.test(candidate)).sort()) {
        const path = join(dir, name);
        const text = await readText(path);
        // Removed since.
        if (text === undefined) continue;
        const envelope = parse(text);
        if (envelope === undefined || fileOf(envelope) !== path) {
          if (!told.has(path)) onProblem(damaged(path).message);
          told.add(path);
          continue;
        }
        found.push({ issuer: envelope.issuer, resource: envelope.resource, principal: envelope.principal });
      }
      return found;
    },
  };
}

/** Names the file, and is what the ciphertext is bound to: no file can stand in for another one. */
function about({ issuer, resource, principal }: CredentialKey): string {
  return JSON.stringify([issuer, resource, principal]);
}

function parse(text: string): Envelope | undefined {
  try {
    const { version, issuer, resource, principal, key, data } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if (version !== 1 || typeof issuer !== 'string' || typeof resource !== 'string') return undefined;
    if (typeof principal !== 'string' || typeof key !== 'string' || typeof data !== 'string') return undefined;
    return { version, issuer, resource, principal, key, data };
  } catch {
    return undefined;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
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

const AGAIN = 'remove that file and sign in again with "agent-mcp-gateway auth login"';

function damaged(path: string): GatewayError {
  return new GatewayError('CREDENTIALS_UNREADABLE', `The stored sign-in ${path} is damaged: ${AGAIN}.`);
}

function otherKey(path: string, source: string): GatewayError {
  return new GatewayError(
    'CREDENTIALS_UNREADABLE',
    `The stored sign-in ${path} was encrypted with another key than ${source}. Put that key back, or ${AGAIN}.`,
  );
}

function unreadable(path: string, error: unknown): GatewayError {
  return new GatewayError(
    'CREDENTIALS_UNREADABLE',
    `${path} cannot be read (${systemCode(error) ?? 'unknown error'}). Give this user the right to read it.`,
    { cause: error },
  );
}
