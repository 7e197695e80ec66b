/** The gateway's own two files, as commands change them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from '../config/json-document.ts';
import { loadReaders } from '../config/load-schemas.ts';
import { configError } from '../config/load-snapshot.ts';
import { RULES_FILE, SERVERS_FILE } from '../config/locate-files.ts';
import { readRules } from '../config/rules-file.ts';
import type { Settings } from '../config/settings.ts';
import { systemCode } from '../shared/system-code.ts';
import {
  type Container,
  type DataMap,
  dataAt,
  EditError,
  entriesOf,
  fileError,
  isMap,
  type JsonObject,
  toJson,
} from './edit/data.ts';
import { type EntryChange, editBytes, readData } from './edit/editor.ts';
import type { FileChange } from './transaction.ts';

interface OwnFile {
  readonly path: string;
  /** Undefined where there is none yet. */
  readonly bytes: Buffer | undefined;
  readonly data: DataMap;
}

export interface OwnFiles {
  readonly servers: OwnFile;
  /** The place of the servers in it. */
  readonly container: Container;
  readonly rules: OwnFile;
}

/** The places at which a servers file may have them; the first that is there counts (other-clients.ts). */
const MAPS: readonly (readonly string[])[] = [
  ['mcpServers'],
  ['servers'],
  ['mcp', 'servers'],
  ['mcp'],
  ['context_servers'],
];

/**
 * The files that commands change: those that were named, or those of this account, never those of the working directory.
 * @throws GatewayError CONFIG_INVALID with place and reason
 */
export function readOwnFiles({
  mcpConfig,
  rules,
  configDir,
}: Pick<Settings, 'mcpConfig' | 'rules' | 'configDir'>): OwnFiles {
  const servers = read(mcpConfig?.path ?? join(configDir, SERVERS_FILE));
  const path = MAPS.find((map) => isMap(dataAt(servers.data, map))) ?? ['mcpServers'];
  return { servers, container: { path }, rules: read(rules?.path ?? join(configDir, RULES_FILE)) };
}

function read(path: string): OwnFile {
  try {
    const bytes = readFileSync(path);
    return { path, bytes, data: readData('json', bytes) };
  } catch (error) {
    if (error instanceof EditError) throw fileError(path, error);
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { path, bytes: undefined, data: new Map() };
    throw error;
  }
}

/** The entries of the servers file. */
export function ownServers({ servers, container }: OwnFiles): Map<string, JsonObject> {
  const entries = [...entriesOf(servers.data, container)].filter(([, entry]) => isMap(entry));
  return new Map(entries.map(([name, entry]) => [name, toJson(entry) as JsonObject]));
}

/** A change of one of our files. @throws GatewayError CONFIG_INVALID where it cannot be made */
export function ownChange({ path, bytes }: OwnFile, changes: readonly EntryChange[]): FileChange {
  try {
    const { bytes: after, made } = editBytes('json', bytes ?? Buffer.alloc(0), changes);
    const edits = changes.map(({ container, name }, at) => ({ container, name, made: made[at] ?? 0 }));
    return { path, before: bytes, after, format: 'json', edits, owner: 'gateway' };
  } catch (error) {
    if (error instanceof EditError) throw fileError(path, error);
    throw error;
  }
}

/** @throws GatewayError CONFIG_INVALID where a gateway would not start with these rules */
export async function checkRulesBytes(path: string, bytes: Uint8Array): Promise<void> {
  const parsed = parseDocument(path, bytes);
  if (!parsed.ok) throw configError(parsed.problems);
  const { schema, expressions } = await loadReaders(parsed.document);
  const { rules, problems } = readRules(parsed.document, schema, expressions);
  if (rules === undefined) throw configError(problems);
}
