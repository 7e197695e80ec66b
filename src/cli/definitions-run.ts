/** Runs the commands of `definitions`. */
import process from 'node:process';
import { compareWithLock, type DefinitionChange } from '../catalog/lock/compare-with-lock.ts';
import { changedFields, visible } from '../catalog/lock/field-changes.ts';
import { findSuspects, textsByKey } from '../catalog/lock/find-suspects.ts';
import { lockedFrom } from '../catalog/lock/kept-definitions.ts';
import { changedServers } from '../catalog/lock/lock-store.ts';
import { keyParts, type Lock, withServer } from '../catalog/lock/lock-text.ts';
import type { Settings } from '../config/settings.ts';
import { type Accepted, acceptDefinitions, recordAccepted, user } from './accept-definitions.ts';
import { count } from './count.ts';
import { LockedServers, type Looked } from './locked-servers.ts';
import { print, printJson, say } from './output.ts';
import { table } from './table.ts';

export async function list(settings: Settings, json: boolean): Promise<void> {
  const servers = await LockedServers.open(settings);
  const rows = await Promise.all(
    servers.names.map(async (name) => {
      const { same, changes } = await servers.compared(name);
      const mode = servers.snapshot.servers.get(name)?.definitions ?? 'record';
      return { server: name, mode, locked: servers.lock.has(name), accepted: same, waiting: changes.length };
    }),
  );
  if (json) return printJson({ lock: servers.store.path, servers: rows });
  const lines = rows.map(({ server, mode, locked, accepted, waiting }) => [
    server,
    mode,
    locked ? `${accepted} accepted` : 'not in the lock file',
    waiting === 0 ? '' : `${waiting} waiting`,
  ]);
  for (const line of table(lines)) print(line.trimEnd());
  say(`Lock file: ${servers.store.path}`);
}

export interface DiffOptions {
  readonly server: string | undefined;
  /** Of a tool, a prompt or a template. */
  readonly name: string | undefined;
  readonly json: boolean;
}

export async function diff(settings: Settings, { server, name, json }: DiffOptions): Promise<void> {
  const servers = await LockedServers.open(settings);
  if (server !== undefined) servers.require(server);
  const isMeant = (change: DefinitionChange): boolean => name === undefined || [change.name, change.to].includes(name);
  const found: { server: string; state: string; changes: readonly DefinitionChange[] }[] = [];
  for (const one of server === undefined ? servers.names : [server]) {
    const { state, changes } = await servers.compared(one);
    const meant = changes.filter(isMeant);
    if (meant.length > 0) found.push({ server: one, state, changes: meant });
  }
  if (found.length > 0) process.exitCode = 1;
  if (json) return printJson({ servers: found.map(withFields) });
  for (const { server: one, state, changes } of found) {
    print({ style: '1', text: `${one}: ${count(changes.length, 'change')}` });
    for (const change of changes) printChange(change);
    const names = name === undefined ? '' : ` ${name}`;
    print(`Accept: agent-mcp-gateway definitions accept ${one}${names} --state ${state}`);
    print('');
  }
  if (found.length === 0) say('Nothing waits: what was seen last is what was accepted.');
}

function withFields({ changes, ...server }: { readonly changes: readonly DefinitionChange[] }): object {
  return {
    ...server,
    changes: changes.map((change) => {
      const { kind, name, what, to } = change;
      return { kind, name, what, to, fields: changedFields(change) };
    }),
  };
}

const WHAT: Readonly<Record<string, string>> = {
  tool: 'Tool',
  prompt: 'Prompt',
  template: 'Resource template',
  instructions: 'What it says of itself',
  launch: 'How it is launched (command, arguments, address, names of variables)',
  package: 'Package',
};
const BECAME = { new: 'is new', changed: 'changed', removed: 'is gone', renamed: 'has another name now' } as const;

function printChange(change: DefinitionChange): void {
  const { kind, name, what, to, before, after } = change;
  const named = name === '' ? '' : ` ${visible(JSON.stringify(name))}`;
  const next = to === undefined ? '' : `: ${visible(JSON.stringify(to))}`;
  print(`${WHAT[kind] ?? kind}${named} ${BECAME[what]}${next}`);
  if (what === 'renamed' || what === 'removed') return;
  if (kind === 'package') {
    printSides(before, after);
    return;
  }
  if (what === 'changed' && before === undefined && kind !== 'launch') {
    print('  what was accepted is not kept on this machine; this is all of what it is now');
  }
  for (const field of changedFields(change)) {
    print(`  ${field.field}`);
    printSides(field.before, field.after);
    if (field.hidden !== undefined) print(`    hidden in it: ${JSON.stringify(field.hidden)}`);
  }
}

function printSides(before: string | undefined, after: string | undefined): void {
  if (before !== undefined) print({ style: '31', text: `    - ${before}` });
  if (after !== undefined) print({ style: '32', text: `    + ${after}` });
}

interface AcceptOptions {
  readonly server: string;
  /** Of tools, prompts and templates; none for everything. */
  readonly names: readonly string[];
  readonly state: string | undefined;
  readonly json: boolean;
}

/** @throws GatewayError as `acceptDefinitions` */
export async function accept(settings: Settings, { server, names, state, json }: AcceptOptions): Promise<void> {
  const servers = await LockedServers.open(settings);
  const accepted = await acceptDefinitions(settings, servers, { server, names, state, by: user() });
  report(servers, accepted, json);
}

/** @throws GatewayError CANNOT_WRITE */
export async function lock(settings: Settings, json: boolean): Promise<void> {
  const servers = await LockedServers.open(settings);
  const { snapshot } = servers;
  const looked = await servers.look([...snapshot.servers.values()]);
  for (const { name, error } of looked) {
    if (error === undefined) continue;
    process.exitCode = 4;
    say(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const suspects = await suspectsOf(looked);
  let before: Lock = servers.lock;
  let after: Lock = before;
  await servers.store.update((lock) => {
    before = lock;
    after = lock;
    for (const { name, kept } of looked) {
      if (kept !== undefined && !suspects.has(name) && !lock.has(name))
        after = withServer(after, name, lockedFrom(kept));
    }
    for (const name of lock.keys()) {
      if (!snapshot.servers.has(name) && !snapshot.broken.has(name)) after = withServer(after, name, undefined);
    }
    return changedServers(before, after).length === 0 ? lock : after;
  });
  const waiting = looked.filter(({ name, kept }) => kept && compareWithLock(after.get(name), kept).changes.length > 0);
  if (waiting.length > 0) process.exitCode ??= 1;
  report(
    servers,
    await recordAccepted(settings, { before, after, names: changedServers(before, after), by: user() }),
    json,
  );
  for (const { name } of waiting) say(`${name}: changes wait. Look: agent-mcp-gateway definitions diff ${name}`);
}

/** Names of servers in which the scan finds something. */
async function suspectsOf(looked: readonly Looked[]): Promise<ReadonlySet<string>> {
  const tools = looked.map(({ name, kept }) => ({
    server: name,
    tools: [...(kept?.seen.keys() ?? [])].map(keyParts).filter(({ kind }) => kind === 'tool'),
  }));
  const suspects = new Set<string>();
  for (const { name, kept } of looked) {
    if (kept === undefined) continue;
    const others = tools.filter(({ server }) => server !== name);
    const found = await findSuspects(name, textsByKey(lockedFrom(kept), kept.texts), others);
    if (found.size > 0) suspects.add(name);
  }
  return suspects;
}

/** Says what was accepted. */
function report(servers: LockedServers, { results, fault }: Accepted, json: boolean): void {
  if (fault !== undefined) say(`It was not recorded: ${String(fault)}`);
  if (json) {
    printJson({ lock: servers.store.path, servers: results });
    return;
  }
  for (const { server, accepted, removed } of results) {
    if (accepted.length + removed.length === 0) say(`${server}: nothing to accept.`);
    for (const key of accepted) print(`${server}: accepted ${wordsOf(key)}`);
    for (const key of removed) print(`${server}: removed ${wordsOf(key)}`);
  }
  if (results.length === 0) say('Nothing to add: every server is in the lock file.');
  say(`Lock file: ${servers.store.path}`);
}

function wordsOf(key: string): string {
  const { kind, name } = keyParts(key);
  return name === '' ? kind : `${kind} ${visible(JSON.stringify(name))}`;
}
