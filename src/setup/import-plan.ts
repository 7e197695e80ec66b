/** Plans the changes of an import: servers, rules, secrets. Nothing is written here. */
import type { Settings } from '../config/settings.ts';
import type { Machine } from './client-files.ts';
import { dataAt, entriesOf, type Json, type JsonObject, toJson } from './edit/data.ts';
import type { EntryChange } from './edit/editor.ts';
import { type Input, inputNamed, inputsOf, withoutInputs } from './inputs.ts';
import { type Merged, mergeServers } from './merge.ts';
import { checkRulesBytes, type OwnFiles, ownChange, ownServers, readOwnFiles } from './own-files.ts';
import { agentWith, type PlannedRule, planRules } from './rules-plan.ts';
import type { SecretStore } from './secret-store.ts';
import type { SourceEntry, Sources } from './sources.ts';
import type { FileChange } from './transaction.ts';

export interface ImportOptions {
  /** Names for servers whose name is taken, by `NAME CLIENT`. */
  readonly names?: ReadonlyMap<string, string>;
  readonly keepsSecrets?: boolean;
  /** True if tools that are used without asking become the only ones that are allowed. */
  readonly countsApproved?: boolean;
  /** Values of inputs, by their name in the store. */
  readonly answers?: ReadonlyMap<string, string>;
}

export interface ImportPlan {
  readonly own: OwnFiles;
  readonly sources: Sources;
  readonly merged: Merged;
  readonly rules: readonly PlannedRule[];
  /** True if the rules file is made, with an agent that may use all servers. */
  readonly makesRules: boolean;
  /** Inputs that nobody has answered. */
  readonly inputs: readonly Input[];
  /** Of both files; what is kept in the store comes before them (`sealSecrets`). */
  readonly changes: readonly FileChange[];
  /** The secrets that the store will keep. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Agents that the rules will have. */
  readonly agents: ReadonlySet<string>;
}

export interface PlanContext {
  readonly settings: Settings;
  readonly place: Machine;
  readonly store: SecretStore;
}

/** @throws GatewayError CONFIG_INVALID where one of our own files cannot be changed */
export async function planImport(
  sources: Sources,
  { settings, store }: PlanContext,
  options: ImportOptions = {},
): Promise<ImportPlan> {
  const own = readOwnFiles(settings);
  const kept = await store.all();
  const answers = options.answers ?? new Map<string, string>();
  const stored = new Map([...kept, ...answers]);
  const inputs = new Map<string, Input>();
  const entries = sources.entries.map((source) => answerInputs(source, stored, inputs));
  const { names, keepsSecrets } = options;
  const merged = mergeServers(entries, { existing: ownServers(own), stored, names, keepsSecrets });
  const used = merged.servers.filter(({ sources: from }) => from.length > 0);
  const agentsBefore = agentsOf(own);
  const rules = planRules(used, options.countsApproved !== false).filter(({ agent, server }) => {
    return !agentsBefore.has(agent) || used.some((one) => one.name === server && one.isNew);
  });
  const secrets = new Map([...answers, ...merged.secrets]);
  const changes = await changesOf({ own, merged, rules });
  return {
    own,
    sources: { ...sources, entries },
    merged,
    rules,
    makesRules: own.rules.bytes === undefined,
    inputs: [...inputs.values()],
    changes,
    secrets,
    agents: new Set([...agentsBefore, ...rules.map(({ agent }) => agent)]),
  };
}

function answerInputs(source: SourceEntry, stored: ReadonlyMap<string, string>, open: Map<string, Input>): SourceEntry {
  const { result, file } = source;
  if (result.kind === 'left' || result.inputs.length === 0) return source;
  const declared = inputsOf(file.data);
  const needs: string[] = [];
  for (const id of result.inputs) {
    const input = inputNamed(declared, id);
    if (stored.has(input.name)) continue;
    open.set(input.name, input);
    if (input.fallback === undefined) needs.push(input.name);
  }
  const entry = withoutInputs(result.entry, declared, (name) => stored.has(name));
  return { ...source, result: { ...result, entry, needs: [...result.needs, ...needs] } };
}

interface Changing {
  readonly own: OwnFiles;
  readonly merged: Merged;
  readonly rules: readonly PlannedRule[];
}

/**
 * The files of the store for the secrets of a plan: only once somebody has agreed, because the first one makes the key.
 * @throws GatewayError CREDENTIALS_UNREADABLE
 */
export async function sealSecrets({ secrets }: Pick<ImportPlan, 'secrets'>, store: SecretStore): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  for (const [name, value] of secrets) changes.push(await store.change(name, value));
  return changes;
}

async function changesOf({ own, merged, rules }: Changing): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  const servers: EntryChange[] = merged.servers
    .filter(({ isNew }) => isNew)
    .map(({ name, entry, isOff }) => ({
      container: own.container,
      name,
      value: isOff ? { ...entry, disabled: true } : entry,
    }));
  // A servers file without servers is one all the same.
  if (servers.length > 0) changes.push(ownChange(own.servers, servers));
  const ruleChanges = changesOfRules(own, rules);
  if (ruleChanges.length > 0) {
    const change = ownChange(own.rules, ruleChanges);
    if (change.after !== undefined) await checkRulesBytes(change.path, change.after);
    changes.push(change);
  }
  return changes;
}

const AGENTS = { path: ['agents'] };
const FIRST_AGENT: EntryChange = { container: AGENTS, name: 'default', value: { allow: { servers: ['*'] } } };

/** The rules file where there is none: without one, no gateway starts. */
export function firstRules({ rules }: OwnFiles): readonly FileChange[] {
  return rules.bytes === undefined ? [ownChange(rules, [FIRST_AGENT])] : [];
}

function changesOfRules(own: OwnFiles, rules: readonly PlannedRule[]): EntryChange[] {
  const changes: EntryChange[] = own.rules.bytes === undefined ? [FIRST_AGENT] : [];
  const known = agentsOf(own);
  for (const agent of new Set(rules.map((rule) => rule.agent))) {
    const wanted = agentWith(rules.filter((rule) => rule.agent === agent));
    if (known.has(agent)) changes.push(...additions(own, agent, wanted));
    else changes.push({ container: AGENTS, name: agent, value: wanted });
  }
  return changes;
}

/** Adds to an agent that is there; what it has already stays. */
function additions(own: OwnFiles, agent: string, wanted: JsonObject): EntryChange[] {
  const changes: EntryChange[] = [];
  for (const side of ['allow', 'deny'] as const) {
    const lists = wanted[side] as JsonObject | undefined;
    for (const [server, tools] of Object.entries((lists?.['tools'] as JsonObject | undefined) ?? {})) {
      const container = { path: ['agents', agent, side, 'tools'] };
      const there = valueAt(own, [...container.path, server]);
      if (there === undefined) changes.push({ container, name: server, value: tools });
      else if (side === 'deny') changes.push({ container, name: server, value: union(there, tools) });
    }
    const servers = side === 'deny' ? lists?.['servers'] : undefined;
    if (servers === undefined) continue;
    const container = { path: ['agents', agent, side] };
    changes.push({
      container,
      name: 'servers',
      value: union(valueAt(own, [...container.path, 'servers']) ?? [], servers),
    });
  }
  return changes;
}

function union(one: Json, other: Json): Json {
  const texts = [one, other].flatMap((list) => (Array.isArray(list) ? list : []));
  return [...new Set(texts.map(String))];
}

function valueAt({ rules }: OwnFiles, path: readonly string[]): Json | undefined {
  const found = dataAt(rules.data, path);
  return found === undefined ? undefined : toJson(found);
}

/** Agents of the rules file. */
export function agentsOf({ rules }: OwnFiles): Set<string> {
  return new Set(entriesOf(rules.data, AGENTS).keys());
}
