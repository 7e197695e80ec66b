import { join } from 'node:path';

/** The folder with the secrets of the servers file. */
export function secretsFolder(configDir: string): string {
  return join(configDir, 'secrets');
}

/** The file of one of them. */
export function secretPath(configDir: string, name: string): string {
  return join(secretsFolder(configDir), `${name}.json`);
}
