/**
 * Which files of working directories their owner has looked at (D13): path and hash of the content, so that a file that was
 * changed since, by a pull for example, counts as a new one.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivateFile } from './files.ts';

export interface TrustedFile {
  readonly path: string;
  readonly sha256: string;
  /** ISO 8601, UTC. */
  readonly trusted_at: string;
}

/** The file that keeps what is trusted. */
export function trustFile(configDir: string): string {
  return join(configDir, 'trusted.json');
}

/** Everything that is trusted. A file that cannot be read or understood trusts nothing. */
export async function readTrusted(configDir: string): Promise<readonly TrustedFile[]> {
  try {
    const content: unknown = JSON.parse(await readFile(trustFile(configDir), 'utf8'));
    const files = typeof content === 'object' && content !== null && 'files' in content ? content.files : undefined;
    return Array.isArray(files) ? files.filter(isTrustedFile) : [];
  } catch {
    return [];
  }
}

function isTrustedFile(value: unknown): value is TrustedFile {
  if (typeof value !== 'object' || value === null) return false;
  const { path, sha256, trusted_at: at } = value as Partial<Record<keyof TrustedFile, unknown>>;
  return typeof path === 'string' && typeof sha256 === 'string' && typeof at === 'string';
}

/** `changed`: the path is trusted, but with another content. */
export type Trust = 'trusted' | 'changed' | 'unknown';

/** Whether exactly this content of this file is trusted. */
export function trustOf(trusted: readonly TrustedFile[], path: string, sha256: string): Trust {
  const entry = trusted.find((file) => file.path === path);
  if (entry === undefined) return 'unknown';
  return entry.sha256 === sha256 ? 'trusted' : 'changed';
}

/** Records files, in place of what was recorded for the same paths. */
export async function addTrusted(configDir: string, files: readonly TrustedFile[]): Promise<void> {
  const paths = new Set(files.map((file) => file.path));
  const kept = (await readTrusted(configDir)).filter((file) => !paths.has(file.path));
  await write(configDir, [...kept, ...files]);
}

/** Forgets paths. Gives those that were recorded. */
export async function revokeTrusted(configDir: string, paths: readonly string[]): Promise<readonly string[]> {
  const before = await readTrusted(configDir);
  const kept = before.filter((file) => !paths.includes(file.path));
  if (kept.length < before.length) await write(configDir, kept);
  return before.filter((file) => paths.includes(file.path)).map((file) => file.path);
}

function write(configDir: string, files: readonly TrustedFile[]): Promise<void> {
  return writePrivateFile(trustFile(configDir), `${JSON.stringify({ version: 1, files }, null, 2)}\n`);
}
