/** The digest of the way a server is launched, as far as it can be compared between machines. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { findProgram } from './check-program.ts';
import { INTERPRETER } from './interpreters.ts';
import type { ServerDefinition } from './snapshot.ts';

/** Parts of an entry that say what is started, or where it is reached. */
const PARTS = ['command', 'args', 'cwd', 'url', 'envFile'] as const;
/** Parts that hold secrets: their names alone. */
const NAMED_PARTS = ['env', 'headers'] as const;

/**
 * SHA-256 (hex) of an entry as it is written, before variables are replaced: it holds no value of any.
 * @param api gives what an API is launched by.
 */
export function launchDigest(
  entry: ReadonlyMap<unknown, unknown>,
  api: (written: unknown) => unknown = () => null,
): string {
  const named = NAMED_PARTS.map((key) => {
    const map = entry.get(key);
    return map instanceof Map ? [...map.keys()].map(String).sort() : null;
  });
  // An entry without a sandbox has the digest that it had before there were any.
  const walls = ['sandbox', 'image'].flatMap((key) => (entry.has(key) ? [inJson(entry.get(key))] : []));
  const openapi = entry.has('openapi') ? [api(entry.get('openapi'))] : [];
  const content = [...PARTS.map((key) => entry.get(key) ?? null), ...named, ...walls, ...openapi];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function inJson(value: unknown): unknown {
  return value instanceof Map ? [...value].map(([key, member]) => [String(key), member]).sort() : value;
}

export interface PackageVersion {
  readonly name: string;
  readonly version: string;
}

/** The npm package that a program of an entry belongs to; undefined where that cannot be read. Never rejects. */
export async function packageOf({ link }: Pick<ServerDefinition, 'link'>): Promise<PackageVersion | undefined> {
  if (link.transport !== 'stdio') return undefined;
  const { command, args, env, cwd } = link;
  const isInterpreter = INTERPRETER.test(basename(command).replace(/\.(?:exe|cmd)$/i, ''));
  const script = args.map((arg) => resolve(cwd ?? '.', arg)).find((path) => existsSync(path));
  const program = isInterpreter ? script : findProgram(command, env.get('PATH'), cwd);
  try {
    return program === undefined ? undefined : await nearestPackage(dirname(await realpath(program)));
  } catch {
    return undefined;
  }
}

async function nearestPackage(folder: string): Promise<PackageVersion | undefined> {
  const found = await readFile(join(folder, 'package.json'), 'utf8').then(
    (text) => JSON.parse(text) as Readonly<Record<string, unknown>>,
    () => undefined,
  );
  const { name, version } = found ?? {};
  if (typeof name === 'string' && typeof version === 'string') return isRunner(name) ? undefined : { name, version };
  return dirname(folder) === folder ? undefined : nearestPackage(dirname(folder));
}

/** True for a program that fetches and runs other packages, and so says nothing about those. */
function isRunner(name: string): boolean {
  return /^(?:npm|pnpm|yarn|bun|corepack)$/.test(name);
}
