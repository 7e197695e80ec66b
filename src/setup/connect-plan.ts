/** Plans the changes that connecting clients makes in their files. Nothing is written here. */
import { existsSync, statSync } from 'node:fs';
import { startsGateway } from '../config/nested-gateway.ts';
import { translate } from '../config/other-clients.ts';
import type { EntryToken, OwnEntry } from './client-entry.ts';
import { type ClientFile, containersOf, type Machine } from './client-files.ts';
import type { Client } from './clients.ts';
import {
  type Container,
  type Data,
  dataAt,
  EditError,
  entriesOf,
  isMap,
  isSame,
  type JsonObject,
  toData,
} from './edit/data.ts';
import { type EntryChange, editBytes } from './edit/editor.ts';
import type { MergedServer } from './merge.ts';
import { type OwnCommand, ownCommand, type Running } from './own-command.ts';
import { distinctFiles, type ReadFile, readClientFile } from './sources.ts';
import type { FileChange } from './transaction.ts';

export interface ConnectTerms {
  readonly scope: ClientFile['scope'];
  /** Undefined for stdio. */
  readonly http: { readonly url: string; readonly token: EntryToken | undefined } | undefined;
  /** Tokens of their own, by the id of the client. */
  readonly tokens?: ReadonlyMap<string, { readonly token: EntryToken }> | undefined;
  /** Name of the gateway's entry. */
  readonly name: string;
  /** Servers that the gateway has, with where they came from; undefined where the client keeps its servers. */
  readonly replaced: readonly MergedServer[] | undefined;
  /** Agents of the rules: a client whose id is one is bound to it. */
  readonly agents: ReadonlySet<string>;
  readonly running: Running;
  readonly mainScript: string | undefined;
  /** Flags that name files of the gateway. */
  readonly fileArgs?: readonly string[] | undefined;
}

export interface ClientConnection {
  readonly client: Client;
  readonly path: string;
  /** True if there is a file already. */
  readonly isThere: boolean;
  /** The entry that it gets, as it is shown; undefined where it has one that is the same. */
  readonly entry: JsonObject | undefined;
  /** Name of that entry. */
  readonly name: string;
  /** Entries that go: the gateway has them. */
  readonly removed: readonly string[];
  /** Entries that stay. */
  readonly kept: readonly string[];
  readonly change: FileChange | undefined;
  /** The reason why nothing can be done; the other members are empty then. */
  readonly refusal: string | undefined;
}

/** One for each file that a client has in this scope; one that makes the first where it has none. */
export function planConnections(clients: readonly Client[], place: Machine, terms: ConnectTerms): ClientConnection[] {
  return clients.flatMap((client) => {
    const files = distinctFiles(client.files(place).filter(({ scope }) => scope === terms.scope));
    const [first] = files;
    if (first === undefined) {
      return [refused(client, '', `${client.title} has no files for projects: connect it without --project.`)];
    }
    const there = files.filter(({ path }) => existsSync(path));
    return (there.length === 0 ? [first] : there).map((file) => planConnection(client, file, place, terms));
  });
}

function planConnection(client: Client, file: ClientFile, place: Machine, terms: ConnectTerms): ClientConnection {
  const read = readClientFile(client, file);
  if (read.refusal !== undefined) return refused(client, file.path, read.refusal);
  const own = ownEntry(client, place, terms);
  const entry = client.entry(own);
  if (entry === undefined) {
    const way = own.kind === 'http' && own.token !== undefined ? 'with a token from the environment' : 'over HTTP';
    return refused(
      client,
      read.file.path,
      `${client.title} cannot reach the gateway ${way}: connect it without --http.`,
    );
  }
  if (own.kind === 'http' && own.token?.kind === 'literal') {
    const open = whoCanRead(file, place);
    if (open !== undefined) return refused(client, file.path, open);
  }
  const planned = planFile(read.file, entry, terms);
  return planned.entry === undefined ? planned : { ...planned, entry: client.entry(withoutToken(own)) };
}

/** The reason why a file may not hold a token; undefined where it may. */
function whoCanRead({ path, scope }: ClientFile, { platform }: Machine): string | undefined {
  if (scope === 'project') return 'the file of a project would hold its token: connect it without --project.';
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if (platform === 'win32' || (mode & 0o077) === 0) return undefined;
  return `${path} would hold its token, and others may read it: chmod 600 it first.`;
}

/** The entry as it is shown. */
function withoutToken(own: OwnEntry): OwnEntry {
  return own.kind === 'http' && own.token?.kind === 'literal'
    ? { ...own, token: { kind: 'literal', value: '...' } }
    : own;
}

function refused(client: Client, path: string, refusal: string): ClientConnection {
  return {
    client,
    path,
    isThere: false,
    entry: undefined,
    name: '',
    removed: [],
    kept: [],
    change: undefined,
    refusal,
  };
}

function ownEntry(
  client: Client,
  place: Machine,
  { http, tokens, scope, agents, running, fileArgs = [] }: ConnectTerms,
): OwnEntry {
  if (http !== undefined) return { kind: 'http', url: http.url, token: tokens?.get(client.id)?.token ?? http.token };
  const { command, args, env }: OwnCommand = ownCommand(place, running, {
    isDesktop: client.isDesktop,
    isBare: scope === 'project',
  });
  const flags = [...fileArgs, ...(agents.has(client.id) ? ['--agent', client.id] : [])];
  return { kind: 'stdio', command, args: [...args, ...(flags.length > 0 ? ['serve', ...flags] : [])], env };
}

function planFile(file: ReadFile, entry: JsonObject, terms: ConnectTerms): ClientConnection {
  const { client, path, data, bytes } = file;
  const container = containersOf(file, client, data)[0]?.container ?? file.container;
  const entries = entriesOf(data, container);
  const present = gatewayEntry(entries, terms);
  const name = present ?? terms.name;
  const there = entries.get(name);
  if (there !== undefined && present === undefined) {
    const message = `has a server "${name}" that is not the gateway: connect with another --name.`;
    return refused(client, path, `${path} ${message}`);
  }
  const removed = removals(file, terms).filter((one) => one.name !== name);
  const wanted = toData(container.nameKey === undefined ? entry : { [container.nameKey]: name, ...entry });
  const isSameEntry = isSame(there, wanted);
  const changes: EntryChange[] = [...removed, ...(isSameEntry ? [] : [{ container, name, value: entry }])];
  const kept =
    terms.replaced === undefined ? [] : leftOver(file, container, new Set([name, ...removed.map((one) => one.name)]));
  const connection = {
    client,
    path,
    isThere: bytes !== undefined,
    entry: isSameEntry ? undefined : entry,
    name,
    removed: removed.map((one) => one.name),
    kept,
    refusal: undefined,
  };
  if (changes.length === 0) return { ...connection, change: undefined };
  try {
    return { ...connection, change: changeOf(file, changes, terms.scope) };
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    const where = error.position === undefined ? '' : `:${error.position.line}:${error.position.column}`;
    return refused(client, path, `${path}${where} ${error.message}`);
  }
}

/** The entry that starts or reaches the gateway already. */
function gatewayEntry(
  entries: ReadonlyMap<string, Data>,
  { name, mainScript, http }: ConnectTerms,
): string | undefined {
  const isOurs = (entry: Data | undefined): boolean => isMap(entry) && startsOurs(entry, mainScript, http?.url);
  if (isOurs(entries.get(name))) return name;
  return [...entries].find(([, entry]) => isOurs(entry))?.[0];
}

function startsOurs(
  entry: ReadonlyMap<string, Data>,
  mainScript: string | undefined,
  url: string | undefined,
): boolean {
  const { entry: words } = translate(entry);
  if (typeof words.get('url') === 'string') return words.get('url') === url;
  const program = words.get('command') ?? words.get('cmd');
  const list = words.get('args');
  const args = Array.isArray(list) ? list.filter((arg) => typeof arg === 'string') : [];
  return typeof program === 'string' && (startsGateway(program, args, mainScript) || args.some(isProgramFile));
}

/** The program of an installation, of this version or another. */
function isProgramFile(arg: string): boolean {
  return /[\\/](?:agent-mcp-gateway[\\/]dist[\\/]main\.js|\.?bin[\\/]agent-mcp-gateway)$/.test(arg);
}

interface Removal extends EntryChange {
  readonly value: undefined;
}

function removals(file: ReadFile, { replaced = [] }: ConnectTerms): Removal[] {
  return replaced.flatMap(({ sources }) => {
    return sources
      .filter(({ source }) => source.file.path === file.path)
      .map(({ source, result }) => ({ container: source.container, name: result.name, value: undefined }));
  });
}

function leftOver(file: ReadFile, container: Container, gone: ReadonlySet<string>): string[] {
  return [...entriesOf(file.data, container).keys()].filter((name) => !gone.has(name));
}

function changeOf(file: ReadFile, changes: readonly EntryChange[], scope: ClientFile['scope']): FileChange {
  const before = file.bytes;
  const { bytes: after, made } = editBytes(file.format, before ?? Buffer.alloc(0), changes);
  const edits = changes.map(({ container, name }, at) => ({ container, name, made: made[at] ?? 0 }));
  // A file of a project is for everybody who works on it.
  const mode = scope === 'project' ? 0o644 : 0o600;
  return { path: file.path, before, after, format: file.format, edits, owner: file.client.id, mode };
}

/** True if a file of a client holds an entry of the gateway. */
export function isConnected(file: ReadFile, mainScript: string | undefined): boolean {
  return containersOf(file, file.client, file.data).some(({ container }) =>
    [...entriesOf(file.data, container).values()].some(
      (entry) =>
        isMap(entry) && (startsOurs(entry, mainScript, undefined) || dataAt(entry, ['name']) === 'agent-mcp-gateway'),
    ),
  );
}
