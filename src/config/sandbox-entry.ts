import { resolve } from 'node:path';
import { homeHere } from '../shared/standard-folders.ts';
import type { ServerEntry } from './file-schemas.ts';
import { expandHome } from './settings.ts';
import type { SandboxDefinition } from './snapshot.ts';

const HTTPS_PORT = 443;

/** The sandbox of an entry, with whole paths, and a port after each host. */
export function sandboxOf({
  read = [],
  write = [],
  network = false,
}: NonNullable<ServerEntry['sandbox']>): SandboxDefinition {
  const whole = (paths: readonly string[]): readonly string[] => [
    ...new Set(paths.map((path) => resolve(expandHome(path, homeHere())))),
  ];
  return {
    read: whole(read),
    write: whole(write),
    network: typeof network === 'boolean' ? network : network.map(withPort),
  };
}

function withPort(host: string): string {
  const name = host.toLowerCase();
  return /:\d+$/.test(name) ? name : `${name}:${HTTPS_PORT}`;
}
