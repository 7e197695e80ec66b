/**
 * The files of working directories that their owner has looked at (D13): path and hash of the content, and of the scripts that it
 * starts, so that a file that was changed since, by a pull for example, is not used.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { escapeText } from '../observe/escape-text.ts';
import { GatewayError } from '../shared/errors.ts';
import { holdLock } from '../shared/hold-lock.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { systemCode } from '../shared/system-code.ts';
import { writePrivateFile } from './config-files.ts';
import type { Script } from './script-files.ts';

export interface TrustedFile {
  readonly path: string;
  readonly sha256: string;
  /** The files that it starts from its folder; absent for rules. */
  readonly scripts?: readonly Script[];
  /** ISO 8601, UTC. */
  readonly trusted_at: string;
}

/** The file that keeps what is trusted. */
export function trustFile(configDir: string): string {
  return join(configDir, 'trusted.json');
}

/**
 * Everything that is trusted.
 * @throws GatewayError CONFIG_INVALID where nobody can say what was: something wider might apply instead.
 */
export async function readTrusted(configDir: string): Promise<readonly TrustedFile[]> {
  const path = trustFile(configDir);
  try {
    // Whoever can write it can trust anything.
    if (process.platform !== 'win32' && ((await stat(path)).mode & 0o022) !== 0)
      throw new Error('It is open to others.');
    const content = JSON.parse(await readFile(path, 'utf8')) as { readonly files?: unknown } | null;
    const files = content?.files;
    if (Array.isArray(files) && files.every(isTrustedFile)) return files;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return [];
  }
  throw new GatewayError(
    'CONFIG_INVALID',
    `${escapeText(path)} cannot be read, is damaged, or can be written by others, so nobody knows which files you trust: delete it, then run "agent-mcp-gateway trust" again in the folders that you trust.`,
  );
}

function isTrustedFile(value: unknown): value is TrustedFile {
  if (typeof value !== 'object' || value === null) return false;
  const { path, sha256, scripts = [], trusted_at: at } = value as Partial<Record<keyof TrustedFile, unknown>>;
  const isRecord = typeof path === 'string' && typeof sha256 === 'string' && typeof at === 'string';
  return isRecord && Array.isArray(scripts) && scripts.every(isScript);
}

function isScript(value: unknown): value is Script {
  const { path, digest } = (value ?? {}) as Partial<Record<keyof Script, unknown>>;
  return typeof path === 'string' && typeof digest === 'string';
}

/** `changed`: the path is trusted, but with another content. */
type Trust = 'trusted' | 'changed' | 'unknown';

/** True if exactly this content of this file is trusted. */
export function trustOf(trusted: readonly TrustedFile[], path: string, sha256: string): Trust {
  const entry = trusted.find((file) => file.path === path);
  if (entry === undefined) return 'unknown';
  return entry.sha256 === sha256 ? 'trusted' : 'changed';
}

/** Records files, in place of what was recorded for the same paths. */
export async function addTrusted(configDir: string, files: readonly TrustedFile[]): Promise<void> {
  const paths = new Set(files.map((file) => file.path));
  await change(configDir, (before) => [...before.filter((file) => !paths.has(file.path)), ...files]);
}

/** Forgets paths. Gives those that were recorded. */
export async function revokeTrusted(configDir: string, paths: readonly string[]): Promise<readonly string[]> {
  const isRevoked = ({ path }: TrustedFile): boolean => paths.includes(path);
  if (!(await readTrusted(configDir)).some(isRevoked)) return [];
  const before = await change(configDir, (all) => all.filter((file) => !isRevoked(file)));
  return before.filter(isRevoked).map(({ path }) => path);
}

/** Replaces what is trusted, while no other command does. @returns what was before */
async function change(
  configDir: string,
  after: (before: readonly TrustedFile[]) => readonly TrustedFile[],
): Promise<readonly TrustedFile[]> {
  const path = trustFile(configDir);
  makeFolder(configDir);
  return holdLock(`${path}.lock`, async () => {
    const before = await readTrusted(configDir);
    await writePrivateFile(path, `${JSON.stringify({ version: 1, files: after(before) }, null, 2)}\n`);
    return before;
  });
}
