/** Runs `add`, `remove`, `enable` and `disable`. */
import { resolve } from 'node:path';
import process from 'node:process';
import { didYouMean } from '../../catalog/name-suggestions.ts';
import { expandHome } from '../../config/settings.ts';
import type { Json, JsonObject } from '../../setup/edit/data.ts';
import type { EntryChange } from '../../setup/edit/editor.ts';
import { executePlan } from '../../setup/execute.ts';
import { firstRules, type PlanContext } from '../../setup/import-plan.ts';
import { secretName, takeSecrets } from '../../setup/literal-secrets.ts';
import { type OwnFiles, ownChange, ownServers, readOwnFiles } from '../../setup/own-files.ts';
import { summary } from '../../setup/render.ts';
import type { FileChange } from '../../setup/transaction.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { AddFlags, EntryFlags } from '../add.ts';
import { print, printJson, say } from '../output.ts';
import { checkEntry } from './check-entry.ts';
import { contextHere, orGiveUp } from './context.ts';
import { entryFromRegistry } from './from-registry.ts';

export async function add(
  name: string,
  target: string | undefined,
  args: readonly string[],
  flags: AddFlags,
): Promise<void> {
  await orGiveUp(async () => {
    const context = contextHere(flags);
    const own = readOwnFiles(context.settings);
    if (ownServers(own).has(name) && flags.force !== true) {
      throw new GatewayError(
        'USAGE',
        `There is a server "${name}" already: choose another name, or replace it with --force.`,
      );
    }
    const entry =
      flags.from === undefined
        ? entryOf(target, args, flags, context)
        : await entryFromRegistry(flags.from, flags, process.env);
    await checkEntry(name, entry);
    const kept = await keepSecrets(name, entry, context, flags.keepSecrets === true);
    const first = firstRules(own);
    const entryChange = ownChange(own.servers, [{ container: own.container, name, value: kept.entry }]);
    const changes = [...kept.changes, entryChange, ...first];
    await executePlan(context.settings.configDir, `add ${name}`, changes);
    const secrets = [...kept.names];
    if (flags.json === true) printJson({ name, file: own.servers.path, entry: kept.entry, secrets });
    else print(`Added ${name}: ${summary(kept.entry)}`);
    if (flags.json !== true) {
      const { scanAdded, suspiciousDescription } = await import('./scan-imported.ts');
      for (const line of suspiciousDescription(name, entry['description'])) print(line);
      await scanAdded(context.settings, [name]);
    }
    if (first.length > 0) say(`Made ${own.rules.path}: the agent "default" may use every server.`);
    if (secrets.length > 0) say(`Moved into the encrypted store: ${secrets.join(', ')}.`);
    say(`See whether it works: agent-mcp-gateway servers test ${name}`);
  });
}

/** @throws GatewayError USAGE */
function entryOf(
  target: string | undefined,
  args: readonly string[],
  flags: AddFlags,
  { place }: PlanContext,
): JsonObject {
  const { url = isAddress(target) ? target : undefined, transport, description, cwd } = flags;
  const described = description === undefined ? {} : { description };
  if (url !== undefined) {
    if (args.length > 0 || (flags.url !== undefined && target !== undefined)) {
      throw new GatewayError('USAGE', 'A server has an address or a command, not both.');
    }
    if (transport === 'stdio') throw new GatewayError('USAGE', 'An address goes with --transport http or sse.');
    const headers = headersOf(flags);
    const type = transport === undefined ? {} : { type: oneOf(transport) };
    return { ...type, url, ...(Object.keys(headers).length > 0 ? { headers } : {}), ...described };
  }
  if (target === undefined) {
    throw new GatewayError('USAGE', 'Say what to add: -- COMMAND ARGS, --url URL, or --from NAME.');
  }
  if (transport !== undefined && transport !== 'stdio')
    throw new GatewayError('USAGE', `--transport ${transport} needs an address.`);
  if (flags.header !== undefined || flags.bearerTokenEnvVar !== undefined) {
    throw new GatewayError('USAGE', 'Headers go with an address.');
  }
  const env = pairsOf(flags.env ?? []);
  return {
    command: target,
    ...(args.length > 0 ? { args: [...args] } : {}),
    ...(Object.keys(env).length > 0 ? { env } : {}),
    ...(cwd === undefined ? {} : { cwd: resolve(place.cwd, expandHome(cwd, place.home)) }),
    ...described,
  };
}

function isAddress(target: string | undefined): target is string {
  return target !== undefined && /^https?:\/\//.test(target);
}

function oneOf(transport: string): string {
  if (['http', 'sse', 'streamable-http'].includes(transport)) return transport;
  throw new GatewayError('USAGE', '--transport takes stdio, http or sse.');
}

function headersOf({ header = [], bearerTokenEnvVar }: AddFlags): JsonObject {
  const headers: Record<string, Json> = {};
  for (const text of header) {
    const [, name, value] = /^([^:\s]+):\s*(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new GatewayError('USAGE', '--header takes "Name: value".');
    headers[name] = value;
  }
  if (bearerTokenEnvVar !== undefined) headers['Authorization'] = `Bearer \${${bearerTokenEnvVar}}`;
  return headers;
}

function pairsOf(pairs: readonly string[]): JsonObject {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new GatewayError('USAGE', '--env takes NAME=value.');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

interface Kept {
  readonly entry: JsonObject;
  readonly changes: readonly FileChange[];
  readonly names: readonly string[];
}

async function keepSecrets(server: string, entry: JsonObject, { store }: PlanContext, stays: boolean): Promise<Kept> {
  if (stays) return { entry, changes: [], names: [] };
  const stored = await store.all();
  const fresh = new Map<string, string>();
  const taken = takeSecrets(server, entry, (wanted, value) => {
    for (const [name, kept] of [...stored, ...fresh]) if (kept === value) return name;
    const base = secretName(wanted);
    let name = base;
    for (let count = 2; stored.has(name) || fresh.has(name); count++) name = `${base}_${count}`;
    fresh.set(name, value);
    return name;
  });
  const changes: FileChange[] = [];
  for (const [name, value] of fresh) changes.push(await store.change(name, value));
  return { entry: taken.entry, changes, names: [...fresh.keys()] };
}

export async function remove(name: string, flags: EntryFlags): Promise<void> {
  await change(name, flags, `remove ${name}`, 'Removed', ({ container }) => [{ container, name }]);
}

export async function toggle(name: string, isOn: boolean, flags: EntryFlags): Promise<void> {
  await change(name, flags, `${isOn ? 'enable' : 'disable'} ${name}`, isOn ? 'Enabled' : 'Disabled', (own, entry) => {
    const container = { path: [...own.container.path, name] };
    // Either spelling is taken out, so that no two contradict each other.
    const off: EntryChange[] = ['disabled', 'enabled', 'isActive']
      .filter((key) => key in entry)
      .map((key) => ({ container, name: key }));
    if (isOn) return off;
    return [...off.filter((one) => one.name !== 'disabled'), { container, name: 'disabled', value: true }];
  });
}

async function change(
  name: string,
  flags: EntryFlags,
  label: string,
  done: string,
  changesOf: (own: OwnFiles, entry: JsonObject) => readonly EntryChange[],
): Promise<void> {
  const { settings } = contextHere(flags);
  const own = readOwnFiles(settings);
  const servers = ownServers(own);
  const entry = servers.get(name);
  if (entry === undefined) {
    const meant = didYouMean(name, [...servers.keys()]) || ` There are: ${[...servers.keys()].join(', ') || 'none'}.`;
    throw new GatewayError('USAGE', `There is no server "${name}" in ${own.servers.path}.${meant}`);
  }
  const changes = changesOf(own, entry);
  const journal =
    changes.length === 0 ? undefined : await executePlan(settings.configDir, label, [ownChange(own.servers, changes)]);
  if (flags.json === true) printJson({ name, file: own.servers.path, changed: journal !== undefined });
  else print(journal === undefined ? `Nothing to do: ${name} is ${done.toLowerCase()} already.` : `${done} ${name}.`);
}
