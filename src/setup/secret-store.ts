/** Secrets of the servers file (`${secret:NAME}`), for commands. */
import { readFileSync } from 'node:fs';
import { openSecretFiles } from '../config/secret-files.ts';
import { secretPath } from '../config/secret-places.ts';
import type { Settings } from '../config/settings.ts';
import { systemCode } from '../shared/system-code.ts';
import type { FileChange } from './transaction.ts';

export interface SecretStore {
  /** Name -> value. @throws GatewayError CREDENTIALS_UNREADABLE */
  all(): Promise<ReadonlyMap<string, string>>;
  /** The change of a file that keeps a value, or removes it. */
  change(name: string, value: string | undefined): Promise<FileChange>;
}

export function openSecrets(settings: Settings): SecretStore {
  const files = openSecretFiles(settings);
  return {
    all: async () => files.read(await files.names()),
    async change(name, value) {
      const path = secretPath(settings.configDir, name);
      const after = value === undefined ? undefined : Buffer.from(await files.seal(name, value));
      return { path, before: readIfThere(path), after, owner: 'gateway' };
    },
  };
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
