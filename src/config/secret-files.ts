/**
 * Secrets of the servers file: `${secret:NAME}` is the content of `secrets/NAME.json`, one encrypted file each, opened by the key of
 * the stored sign-ins.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayError } from '../shared/errors.ts';
import { systemCode } from '../shared/system-code.ts';
import { secretPath, secretsFolder } from './secret-places.ts';
import type { Settings } from './settings.ts';

/** The allowed names of a secret. */
export const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

interface SecretFiles {
  /** The names of all secrets. */
  names(): Promise<readonly string[]>;
  /** The values of these names; one that is not there is left out. @throws GatewayError CREDENTIALS_UNREADABLE */
  read(names: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The content of the file for a value. @throws GatewayError CREDENTIALS_UNREADABLE where there is no key */
  seal(name: string, value: string): Promise<string>;
}

type SecretSettings = Pick<Settings, 'configDir' | 'secretKey' | 'keychain'>;

export function openSecretFiles({ configDir, secretKey, keychain }: SecretSettings): SecretFiles {
  const key = async () => {
    // Loaded where there are secrets.
    const [{ createKeySource }, { systemKeychain }] = await Promise.all([
      import('./secret-key.ts'),
      import('./keychain.ts'),
    ]);
    const dir = join(configDir, 'credentials');
    return createKeySource({ dir, given: secretKey, keychain: keychain ? systemKeychain : async () => undefined })();
  };
  return {
    async names() {
      const files = await readdir(secretsFolder(configDir)).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
        throw unreadable(secretsFolder(configDir), error);
      });
      return files.flatMap((file) => {
        const name = /^(.*)\.json$/.exec(file)?.[1];
        return name !== undefined && SECRET_NAME.test(name) ? [name] : [];
      });
    },
    async read(names) {
      const values = new Map<string, string>();
      for (const name of names) {
        const text = SECRET_NAME.test(name) ? await readText(secretPath(configDir, name)) : undefined;
        if (text !== undefined) values.set(name, await open(secretPath(configDir, name), name, text));
      }
      return values;
    },
    async seal(name, value) {
      const { makeFolder } = await import('../shared/make-folder.ts');
      const { seal } = await import('./encryption.ts');
      if (secretKey === undefined) makeFolder(join(configDir, 'credentials'));
      const { bytes, id } = await key();
      return `${JSON.stringify({ version: 1, name, key: id, data: seal(bytes, value, about(name)) })}\n`;
    },
  };

  async function open(path: string, name: string, text: string): Promise<string> {
    const { unseal } = await import('./encryption.ts');
    const envelope = parse(text);
    if (envelope === undefined || envelope.name !== name) throw damaged(path);
    const { bytes, id, source } = await key();
    if (id !== envelope.key) {
      throw new GatewayError(
        'CREDENTIALS_UNREADABLE',
        `The secret ${name} was encrypted with another key than ${source}. Put that key back, or store it again with "agent-mcp-gateway secret set ${name}".`,
      );
    }
    const value = unseal(bytes, envelope.data, about(name));
    if (value === undefined) throw damaged(path);
    return value;
  }
}

/** The data that the ciphertext is bound to: no file can stand in for another one. */
function about(name: string): string {
  return JSON.stringify(['secret', name]);
}

function parse(text: string): { readonly name: string; readonly key: string; readonly data: string } | undefined {
  try {
    const { version, name, key, data } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if (version !== 1 || typeof name !== 'string' || typeof key !== 'string' || typeof data !== 'string')
      return undefined;
    return { name, key, data };
  } catch {
    return undefined;
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw unreadable(path, error);
  }
}

function damaged(path: string): GatewayError {
  return new GatewayError('CREDENTIALS_UNREADABLE', `${path} is damaged: remove it and store the secret again.`);
}

function unreadable(path: string, error: unknown): GatewayError {
  return new GatewayError(
    'CREDENTIALS_UNREADABLE',
    `${path} cannot be read (${systemCode(error) ?? 'unknown error'}). Give this user the right to read it.`,
    { cause: error },
  );
}
