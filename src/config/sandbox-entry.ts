import { resolve } from 'node:path';
import { homeHere } from '../shared/standard-folders.ts';
import type { ServerEntry } from './file-schemas.ts';
import { expandHome } from './settings.ts';
import type { ImageDefinition, SandboxDefinition } from './snapshot.ts';

const HTTPS_PORT = 443;

type Walls = Exclude<NonNullable<ServerEntry['sandbox']>, string>;

/** True if an entry asks for a container. */
export function isContainer(sandbox: ServerEntry['sandbox']): boolean {
  return sandbox === 'docker' || (typeof sandbox === 'object' && sandbox.engine === 'docker');
}

/** The sandbox of an entry, with whole paths, and a port after each host. @param image for a container */
export function sandboxOf(
  sandbox: NonNullable<ServerEntry['sandbox']>,
  image: ImageDefinition | undefined,
): SandboxDefinition {
  const { read = [], write = [], network = false }: Walls = sandbox === 'docker' ? {} : sandbox;
  const whole = (paths: readonly string[]): readonly string[] => [
    ...new Set(paths.map((path) => resolve(expandHome(path, homeHere())))),
  ];
  return {
    read: whole(read),
    write: whole(write),
    network: typeof network === 'boolean' ? network : network.map(withPort),
    ...(image === undefined ? {} : { image }),
  };
}

function withPort(host: string): string {
  const name = host.toLowerCase();
  return /:\d+$/.test(name) ? name : `${name}:${HTTPS_PORT}`;
}
