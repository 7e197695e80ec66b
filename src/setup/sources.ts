/** Every server that the clients of this account know, read and translated. */
import fs, { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { escapeText } from '../observe/escape-text.ts';
import { systemCode } from '../shared/system-code.ts';
import { type ClientFile, containersOf, type Machine } from './client-files.ts';
import type { Client } from './clients.ts';
import { DIALECTS } from './dialects.ts';
import { type Container, type DataMap, EditError, entriesOf } from './edit/data.ts';
import { readData } from './edit/editor.ts';
import { realFile } from './files.ts';
import { claudePermissions, excludedServers, opencodePermissions, type Permissions } from './permissions.ts';
import { type LeftEntry, type TranslatedEntry, translateEntry } from './translate.ts';

/** A file of a client as it is now. */
export interface ReadFile extends ClientFile {
  readonly client: Client;
  /** Undefined where there is none. */
  readonly bytes: Buffer | undefined;
  readonly data: DataMap;
}

export interface SourceEntry {
  readonly file: ReadFile;
  readonly container: Container;
  readonly project: string | undefined;
  readonly result: TranslatedEntry | LeftEntry;
}

export interface Sources {
  readonly files: readonly ReadFile[];
  readonly entries: readonly SourceEntry[];
  /** Files that cannot be read: `FILE:LINE:COLUMN reason`. */
  readonly refused: readonly { readonly path: string; readonly message: string }[];
  /** The permissions of clients that are not carried over; by client. */
  readonly lost: readonly { readonly client: Client; readonly what: string }[];
}

/** Reads what is there. Never throws for what is in a file. */
export function readSources(clients: readonly Client[], place: Machine): Sources {
  const files: ReadFile[] = [];
  const entries: SourceEntry[] = [];
  const refused: { path: string; message: string }[] = [];
  const lost: { client: Client; what: string }[] = [];
  for (const client of clients) {
    const read: ReadFile[] = [];
    for (const file of distinctFiles(client.files(place))) {
      const found = readClientFile(client, file);
      if (found.refusal !== undefined) refused.push({ path: file.path, message: found.refusal });
      else if (found.file.bytes !== undefined) read.push(found.file);
    }
    files.push(...read);
    const own = read.flatMap((file) => entriesOfFile(file, place));
    const { filters, lost: unsaid } = permissionsOf(client, read, own, place);
    for (const what of unsaid) lost.push({ client, what });
    entries.push(...own.map((entry) => withFilter(entry, filters)));
  }
  return { files, entries, refused, lost };
}

/** Each file once: in the home folder, the file of a project may be that of the account. */
export function distinctFiles(files: readonly ClientFile[]): ClientFile[] {
  const known = new Set<string>();
  return files.filter(({ path }) => {
    const real = realFile(fs, path);
    if (known.has(real)) return false;
    known.add(real);
    return true;
  });
}

/** One file, also where it is not there. */
export function readClientFile(
  client: Client,
  file: ClientFile,
): { readonly file: ReadFile; readonly refusal?: undefined } | { readonly refusal: string } {
  try {
    const bytes = readFileSync(file.path);
    return { file: { ...file, client, bytes, data: readData(file.format, bytes) } };
  } catch (error) {
    if (error instanceof EditError) {
      const { position } = error;
      const where = position === undefined ? '' : `:${position.line}:${position.column}`;
      return { refusal: `${escapeText(file.path)}${where} ${error.message}` };
    }
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return { file: { ...file, client, bytes: undefined, data: new Map() } };
    return { refusal: `${escapeText(file.path)} cannot be read (${code ?? 'unknown error'}).` };
  }
}

function entriesOfFile(file: ReadFile, place: Machine): SourceEntry[] {
  const { client, data } = file;
  return containersOf(file, client, data).flatMap(({ container, project: named }) => {
    const project = named ?? (file.scope === 'project' ? place.cwd : undefined);
    const mainScript = process.argv[1];
    return [...entriesOf(data, container)].map(([name, raw]) => ({
      file,
      container,
      project,
      result: translateEntry(client, name, raw, { project, mainScript }),
    }));
  });
}

function permissionsOf(
  client: Client,
  files: readonly ReadFile[],
  entries: readonly SourceEntry[],
  place: Machine,
): Permissions {
  const names = [...new Set(entries.map(({ result }) => result.name))];
  if (client.id === 'claude-code') return claudePermissions(claudeSettings(place), names);
  if (client.dialect === DIALECTS.opencode) {
    const all = files.map(({ data }) => opencodePermissions(data, names));
    return { filters: new Map(all.flatMap(({ filters }) => [...filters])), lost: all.flatMap(({ lost }) => lost) };
  }
  if (client.id !== 'gemini-cli' && client.id !== 'qwen-code') return { filters: new Map(), lost: [] };
  const out = new Set(files.flatMap(({ data }) => [...excludedServers(data, names)]));
  return {
    filters: new Map([...out].map((name) => [name, { allow: undefined, deny: ['*'], approved: [] }])),
    lost: [],
  };
}

/** Those of the user and of the project here. */
function claudeSettings({ home, cwd, env }: Machine): DataMap[] {
  const folder = env['CLAUDE_CONFIG_DIR'] ?? join(home, '.claude');
  const paths = [
    join(folder, 'settings.json'),
    join(cwd, '.claude', 'settings.json'),
    join(cwd, '.claude', 'settings.local.json'),
  ];
  return [...new Set(paths.map((path) => resolve(path)))].flatMap((path) => {
    try {
      return [readData('json', readFileSync(path))];
    } catch {
      return [];
    }
  });
}

function withFilter(entry: SourceEntry, filters: Permissions['filters']): SourceEntry {
  const { result } = entry;
  const more = filters.get(result.name);
  if (more === undefined || result.kind === 'left') return entry;
  const { tools } = result;
  const deny = [...tools.deny, ...more.deny];
  const approved = [...tools.approved, ...more.approved];
  return { ...entry, result: { ...result, tools: { allow: tools.allow ?? more.allow, deny, approved } } };
}

/** True if a client seems to be on this machine: its file is there, or the folder of its own that it would be in. */
export function isPresent(client: Client, place: Machine, exists: (path: string) => boolean): boolean {
  return client.files(place).some(({ scope, path }) => {
    if (scope !== 'user') return false;
    return exists(path) || (dirname(path) !== place.home && exists(dirname(path)));
  });
}
