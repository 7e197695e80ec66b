/**
 * The offers of servers as of their last listing, kept as hashes on disk: what changes while no gateway runs is told at the next
 * start. A file for each definition of a server, and for each kind of client, where what it lists depends on that.
 */
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfigFile, sha256, writePrivateFile } from '../config/config-files.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import type { ToolList } from './fetch-tools.ts';
import { keepNewest } from './keep-newest.ts';
import { changeBetween, type Fingerprint, fingerprintOf, type ListChange } from './list-change.ts';

/** Files that are kept; the one that was not used for longest goes first. */
const MAX_FILES = 1000;
const FORMAT = 2;

export interface History {
  /**
   * A list was fetched. Nobody waits for what is made of it.
   * @param capabilities of the client that it was fetched for: JSON text.
   * @param before what this process had until now.
   */
  listed(server: ServerDefinition, capabilities: string, before: ToolList | undefined, after: ToolList): void;
  /** The definitions that a server listed when a gateway last ran; undefined where they are not known. */
  known(server: ServerDefinition, capabilities: string): Promise<Fingerprint | undefined>;
  /** Resolves when everything so far is told and written. */
  settled(): Promise<void>;
}

interface HistoryOptions {
  readonly folder: string;
  readonly onChange: (change: ListChange) => void;
  /** It could not be written down: the next change across a restart will not be seen. */
  readonly failed: (error: unknown) => void;
  readonly maxFiles?: number;
}

export function createHistory({ folder, onChange, failed, maxFiles = MAX_FILES }: HistoryOptions): History {
  let last: Promise<void> = Promise.resolve();

  // What the owner of the entry changes is no change of the server.
  const pathOf = ({ key, overrides }: ServerDefinition, capabilities: string): string =>
    join(folder, `${sha256(JSON.stringify([key, capabilities, ...(overrides ? [overrides.digest] : [])]))}.json`);

  const note = async (
    server: ServerDefinition,
    capabilities: string,
    before: Fingerprint | undefined,
    after: Fingerprint,
  ): Promise<void> => {
    const path = pathOf(server, capabilities);
    const known = before ?? (await read(path));
    const change = known && changeBetween(server, known, after);
    if (change !== undefined) onChange({ ...change, whileRunning: before !== undefined });
    if (known !== undefined && change === undefined) return;
    await writePrivateFile(path, written(server, after));
    if (known === undefined) await keepNewest(folder, maxFiles);
  };

  return {
    listed(server, capabilities, before, after) {
      const then = before && fingerprintOf(before);
      const now = fingerprintOf(after);
      last = last.then(() => note(server, capabilities, then, now)).catch(failed);
    },
    known: async (server, capabilities) => {
      await last;
      return read(pathOf(server, capabilities));
    },
    settled: () => last,
  };
}

function written({ name }: ServerDefinition, { tools, instructions }: Fingerprint): string {
  return `${JSON.stringify({ format: FORMAT, server: name, instructions, tools: [...tools] })}\n`;
}

/** @returns undefined where nothing is known, or nothing that can be read. */
async function read(path: string): Promise<Fingerprint | undefined> {
  const content = await readConfigFile(path);
  if (!content.ok) return undefined;
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
  return fingerprintFrom(content.bytes.toString('utf8'));
}

function fingerprintFrom(text: string): Fingerprint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { format, instructions, tools } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (format !== FORMAT || typeof instructions !== 'string' || !Array.isArray(tools)) return undefined;
  return tools.every(isPair) ? { instructions, tools: new Map(tools) } : undefined;
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}
