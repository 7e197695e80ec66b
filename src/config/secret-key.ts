/** The key that stored credentials are encrypted with: given, or made at the first use and kept in the keychain or beside them. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../shared/errors.ts';
import { holdLock } from '../shared/hold-lock.ts';
import { systemCode } from '../shared/system-code.ts';
import { writePrivateFile } from './config-files.ts';
import { KEY_BYTES, keyId } from './encryption.ts';
import type { Keychain } from './keychain.ts';

export interface SecretKey {
  readonly bytes: Uint8Array;
  readonly id: string;
  /** The origin of the key, for a sentence. */
  readonly source: string;
}

export interface KeyOptions {
  /** Folder of the credentials. */
  readonly dir: string;
  /** `GATEWAY_SECRET_KEY`. */
  readonly given: Uint8Array | undefined;
  /** Undefined where there is none, or none is wanted. Asked only when a key is made or was left there. */
  readonly keychain: () => Promise<Keychain | undefined>;
}

/** The content of `key.json`: where the key is, so that two gateways of a user never take two. */
type KeyFile =
  | { readonly version: 1; readonly id: string; readonly in: 'keychain' }
  | { readonly version: 1; readonly id: string; readonly in: 'file'; readonly key: string };

/**
 * A function that gives the key, made where there is none; the folder exists. It looks anew each time, because somebody may
 * remove the folder while a gateway runs; only what is in the keychain is remembered.
 * @throws GatewayError CREDENTIALS_UNREADABLE where there is a key that cannot be read.
 */
export function createKeySource({ dir, given, keychain }: KeyOptions): () => Promise<SecretKey> {
  const path = join(dir, 'key.json');
  let remembered: SecretKey | undefined;

  const read = async (): Promise<SecretKey | undefined> => {
    const file = await readKeyFile(path);
    if (file === undefined) return undefined;
    if (remembered?.id !== file.id) remembered = await keyOf(file, path, keychain);
    return remembered;
  };
  return async () => {
    if (given !== undefined) return { bytes: given, id: keyId(given), source: 'GATEWAY_SECRET_KEY' };
    return (await read()) ?? holdLock(`${path}.lock`, async () => (await read()) ?? makeKey(path, await keychain()));
  };
}

async function makeKey(path: string, keychain: Keychain | undefined): Promise<SecretKey> {
  const bytes = randomBytes(KEY_BYTES);
  const id = keyId(bytes);
  const inKeychain = keychain !== undefined && (await keep(keychain, id, bytes));
  const file: KeyFile = inKeychain
    ? { version: 1, id, in: 'keychain' }
    : { version: 1, id, in: 'file', key: bytes.toString('base64') };
  await writePrivateFile(path, `${JSON.stringify(file)}\n`);
  return { bytes, id, source: inKeychain ? 'the one in the keychain' : path };
}

/** True if the keychain has it now. One that is locked, or that nobody serves, is none. */
async function keep(keychain: Keychain, id: string, bytes: Buffer): Promise<boolean> {
  const secret = bytes.toString('base64');
  try {
    await keychain.set(id, secret);
    return (await keychain.get(id)) === secret;
  } catch {
    return false;
  }
}

async function readKeyFile(path: string): Promise<KeyFile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw unreadable(`${path} cannot be read (${systemCode(error)}). Give this user the right to read it.`, error);
  });
  if (text === undefined) return undefined;
  const file = parse(text);
  if (file !== undefined) return file;
  throw unreadable(`${path}, which has the key of the stored sign-ins, is damaged. ${RESTORE}`);
}

const RESTORE =
  'Put it back from a backup, or remove its folder and sign in again with "agent-mcp-gateway auth login".';

function parse(text: string): KeyFile | undefined {
  try {
    const { version, id, in: where, key } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if (version !== 1 || typeof id !== 'string') return undefined;
    if (where === 'keychain') return { version, id, in: where };
    return where === 'file' && typeof key === 'string' ? { version, id, in: where, key } : undefined;
  } catch {
    return undefined;
  }
}

async function keyOf(file: KeyFile, path: string, keychain: KeyOptions['keychain']): Promise<SecretKey> {
  const source = file.in === 'file' ? path : 'the one in the keychain';
  const secret = file.in === 'file' ? file.key : await fromKeychain(file.id, path, keychain);
  const bytes = Buffer.from(secret, 'base64');
  if (bytes.length === KEY_BYTES && keyId(bytes) === file.id) return { bytes, id: file.id, source };
  throw unreadable(`The key of the stored sign-ins (${source}) is damaged. ${RESTORE}`);
}

async function fromKeychain(id: string, path: string, keychain: KeyOptions['keychain']): Promise<string> {
  const lost = (why: string, cause?: unknown): GatewayError =>
    unreadable(
      `The key of the stored sign-ins is in the keychain, ${why}. Run this where the keychain is open, or remove the ` +
        `folder of ${path} and sign in again with "agent-mcp-gateway auth login"; GATEWAY_SECRET_KEY and ` +
        'GATEWAY_KEYCHAIN=0 do without a keychain.',
      cause,
    );
  const open = await keychain();
  if (open === undefined) throw lost('which is not to be had here');
  const secret = await open.get(id).catch((error: unknown) => {
    throw lost('which cannot be read', error);
  });
  if (secret === undefined) throw lost('which does not have it any more');
  return secret;
}

function unreadable(message: string, cause?: unknown): GatewayError {
  return new GatewayError('CREDENTIALS_UNREADABLE', message, { cause });
}
