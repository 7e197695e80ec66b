/** Runs `import`. */
import { extname, resolve } from 'node:path';
import process from 'node:process';
import { expandHome } from '../../config/settings.ts';
import type { ClientFile } from '../../setup/client-files.ts';
import { clientNamed } from '../../setup/client-named.ts';
import { CLIENTS, type Client } from '../../setup/clients.ts';
import { type Container, dataAt, isList, isMap } from '../../setup/edit/data.ts';
import type { Format } from '../../setup/edit/editor.ts';
import { executePlan } from '../../setup/execute.ts';
import {
  type ImportOptions,
  type ImportPlan,
  type PlanContext,
  planImport,
  sealSecrets,
} from '../../setup/import-plan.ts';
import { renderImport } from '../../setup/render.ts';
import { readClientFile, readSources, type Sources } from '../../setup/sources.ts';
import { GatewayError } from '../../shared/errors.ts';
import { count } from '../count.ts';
import type { ImportFlags } from '../import.ts';
import { print, printJson, say } from '../output.ts';
import { agree, answered, clientsHere, contextHere, hasTerminal, orGiveUp, printLines, prompts } from './context.ts';
import { importReport } from './report.ts';
import { scanImported, suspiciousEntries } from './scan-imported.ts';

export async function importServers(names: readonly string[], flags: ImportFlags): Promise<void> {
  await orGiveUp(async () => {
    const context = contextHere(flags);
    const sources =
      flags.from === undefined
        ? readSources(clientsHere(names, context.place), context.place)
        : readOne(names, flags.from, context);
    const isAsking = flags.yes !== true && flags.print !== true && flags.json !== true && hasTerminal();
    const plan = await planWithAnswers(sources, context, optionsOf(flags), isAsking);
    if (flags.json === true) printJson(importReport(plan));
    else printLines([...renderImport(plan, process.env), ...suspiciousEntries(plan)]);
    if (plan.changes.length === 0) {
      if (flags.json !== true) print(nothingToDo(sources));
      return;
    }
    if (!(await agree(flags, 'Import these servers?'))) return;
    const label = ['import', ...names].join(' ');
    await executePlan(context.settings.configDir, label, async () => [
      ...(await sealSecrets(plan, context.store)),
      ...plan.changes,
    ]);
    say(`Imported ${count(newServers(plan), 'server')}. Take it back with "agent-mcp-gateway undo".`);
    if (flags.json !== true) await scanImported(context.settings, plan, flags);
  });
}

export function optionsOf({ keepSecrets, approvals }: Pick<ImportFlags, 'keepSecrets' | 'approvals'>): ImportOptions {
  return { keepsSecrets: keepSecrets === true, countsApproved: approvals !== false };
}

export function newServers({ merged }: ImportPlan): number {
  return merged.servers.filter(({ isNew }) => isNew).length;
}

function nothingToDo({ entries, files, refused }: Sources): string {
  if (refused.length > 0 && entries.length === 0) return 'Nothing was imported: no file of servers could be read.';
  if (files.length === 0) return 'No client with a file of servers was found here.';
  return entries.length === 0 ? 'The clients here know no servers.' : 'Nothing to import: the gateway has them all.';
}

/** The plan, with names for servers whose name is taken and values for inputs, where somebody can be asked. */
export async function planWithAnswers(
  sources: Sources,
  context: PlanContext,
  options: ImportOptions,
  isAsking: boolean,
): Promise<ImportPlan> {
  const plan = await planImport(sources, context, options);
  if (!isAsking) return plan;
  const { password, text } = await prompts();
  const names = new Map<string, string>();
  const answers = new Map<string, string>();
  for (const { name, isNew, sources: from } of plan.merged.servers) {
    const [first] = from;
    if (!isNew || first === undefined || first.result.name === name) continue;
    const { client } = first.source.file;
    const message = `Another server is called "${first.result.name}". Name of the one of ${client.title}?`;
    const answer = answered(await text({ message, initialValue: name, output: process.stderr }));
    if (answer.trim() !== '' && answer !== name) names.set(`${first.result.name} ${client.id}`, answer.trim());
  }
  for (const input of plan.inputs) {
    const message = `${input.description} (${input.name}; leave it empty to set it in the environment)`;
    const answer = answered(await password({ message, output: process.stderr }));
    if (typeof answer === 'string' && answer !== '') answers.set(input.name, answer);
  }
  return names.size + answers.size === 0 ? plan : planImport(sources, context, { ...options, names, answers });
}

/** One file, in the format of a client that was named or that it looks like. */
function readOne(names: readonly string[], from: string, { place }: PlanContext): Sources {
  const path = resolve(place.cwd, expandHome(from, place.home));
  const [name, ...more] = names;
  if (more.length > 0) throw new GatewayError('USAGE', '--from reads one file: name one client, or none.');
  const client = name === undefined ? clientOf(path) : clientNamed(name);
  const known = client.files(place)[0];
  const file: ClientFile = {
    scope: 'user',
    path,
    format: formatOf(path),
    container: known?.container ?? { path: ['mcpServers'] },
  };
  const found = readClientFile(client, file);
  if (found.refusal !== undefined) throw new GatewayError('CONFIG_INVALID', found.refusal);
  const read = found.file;
  if (read.bytes === undefined) throw new GatewayError('CONFIG_NOT_FOUND', `There is no file ${path}: correct --from.`);
  const container = name === undefined ? containerIn(read.data, file.container) : file.container;
  const one: Client = { ...client, files: () => [{ ...file, container }] };
  return readSources([one], place);
}

function formatOf(path: string): Format {
  const end = extname(path).toLowerCase();
  return end === '.toml' ? 'toml' : end === '.yaml' || end === '.yml' ? 'yaml' : 'json';
}

/** The client that writes files like this one. */
function clientOf(path: string): Client {
  const format = formatOf(path);
  const id = format === 'toml' ? 'codex' : format === 'yaml' ? 'goose' : 'claude-code';
  return CLIENTS.find((client) => client.id === id) ?? clientNamed(id);
}

function containerIn(data: ReadonlyMap<string, unknown>, otherwise: Container): Container {
  const root = data as Parameters<typeof dataAt>[0];
  for (const path of [
    ['mcpServers'],
    ['servers'],
    ['mcp', 'servers'],
    ['mcp'],
    ['context_servers'],
    ['mcp_servers'],
    ['extensions'],
  ]) {
    const found = dataAt(root, path);
    if (isMap(found)) return { path };
    if (isList(found)) return { path, nameKey: 'name' };
  }
  return otherwise;
}
