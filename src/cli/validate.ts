/** `validate`: what is wrong in both files, where, and what to do about it. */
import { join } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import {
  type CheckedConfig,
  type ConfigContents,
  checkConfig,
  formatProblem,
  readContents,
} from '../config/load-snapshot.ts';
import { type ConfigLocation, locateConfig } from '../config/locate-files.ts';
import { settingNotes } from '../config/setting-notes.ts';
import { lockPath, type Settings, settingsHere } from '../config/settings.ts';
import type { Problem } from '../config/snapshot.ts';
import { renamedServers, renameSentence } from '../operations/server-methods/rename-log.ts';
import { count } from './count.ts';
import { fail, print, printJson, say } from './output.ts';

interface Options {
  readonly mcpConfig?: string;
  readonly rules?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** Adds the command `validate`. It exits with 0 where the gateway starts with these files, else with 1. */
export function registerValidate(program: Command): void {
  program
    .command('validate')
    .description('check both configuration files: every error and warning with its place and the fix')
    .option('--mcp-config <file>', 'servers file')
    .option('--rules <file>', 'rules file')
    .option('--strict', 'also fail if a server is off or the lock file is broken')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Exit status: 0 if the gateway starts with these files, 1 if it does not,
or with --strict if a server is off or the lock file is broken.

Examples:
  $ agent-mcp-gateway validate
  $ agent-mcp-gateway validate --rules .mcp-gateway-rules.json --strict`,
    )
    .action(async (options: Options) => {
      try {
        await validate(options);
      } catch (error) {
        fail(error);
      }
    });
}

async function validate(options: Options): Promise<void> {
  const settings = settingsHere(options);
  const location = await locateConfig(settings);
  const { listedOffers, listedRaw } = await import('../catalog/last-listed-definitions.ts');
  const lists = join(settings.cacheDir, 'lists');
  const contents = await readContents(location, settings);
  const checked = await withApis(
    await checkConfig(contents, process.env, {
      looksForPrograms: true,
      listed: await listedRaw(lists),
      offers: await listedOffers(lists),
    }),
    contents,
  );
  const faults = await lockFaults(settings, location);
  const isOff = faults.length > 0 || checked.problems.some((problem) => problem.severity === 'error');
  const ok = checked.snapshot !== undefined && !(isOff && options.strict === true);
  if (!ok) process.exitCode = 1;
  const { snapshot } = checked;
  const notes = [...location.notes, ...faults, ...(snapshot === undefined ? [] : settingNotes(settings, snapshot))];
  if (options.json === true) printJson(report(location, checked, notes, ok));
  else printReport(location, checked, notes);
}

/** With what is wrong in the documents of APIs. */
async function withApis(checked: CheckedConfig, { servers }: ConfigContents): Promise<CheckedConfig> {
  const { snapshot, problems } = checked;
  const hasApis = [...(snapshot?.servers.values() ?? [])].some(({ link }) => link.transport === 'openapi');
  if (snapshot === undefined || !hasApis) return checked;
  const { apiProblems } = await import('../upstream/openapi/api-problems.ts');
  const found = await apiProblems(snapshot.servers, servers);
  return { snapshot, problems: [...problems, ...found] };
}

/** The fault of the lock file, as a sentence; none where it can be used, or is not there. */
async function lockFaults(settings: Settings, location: ConfigLocation): Promise<readonly string[]> {
  const faults: string[] = [];
  const { openLockStore } = await import('../catalog/lock/lock-store.ts');
  await openLockStore(lockPath(settings, location.rules.path), ({ message }) => faults.push(message)).read();
  return faults;
}

function report(
  location: ConfigLocation,
  { snapshot, problems }: CheckedConfig,
  notes: readonly string[],
  ok: boolean,
): unknown {
  return {
    ok,
    files: { servers: location.servers.path, rules: location.rules.path },
    servers: snapshot && [...snapshot.servers.keys()],
    servers_virtual: snapshot && [...(snapshot.virtual?.keys() ?? [])],
    servers_off: snapshot && [...snapshot.broken.keys()],
    servers_renamed: snapshot && Object.fromEntries(renamedServers(snapshot.servers.keys())),
    agents: snapshot?.policy.agents,
    problems,
    notes,
  };
}

function printReport(location: ConfigLocation, { snapshot, problems }: CheckedConfig, notes: readonly string[]): void {
  say(...notes);
  print(`Servers: ${location.servers.path}`);
  print(`Rules:   ${location.rules.path}`);
  for (const problem of problems) print(`${kindOf(problem)}: ${formatProblem(problem)}`);
  const counted = (kind: string): number => problems.filter((problem) => kindOf(problem) === kind).length;
  const found = `${count(counted('error'), 'error')}, ${count(counted('warning'), 'warning')}`;
  if (snapshot === undefined) {
    print(`${found}. The gateway would not start with these files.`);
    return;
  }
  for (const [server, exposed] of renamedServers(snapshot.servers.keys()))
    print(`note: ${renameSentence(server, exposed)}`);
  const off = snapshot.broken.size === 0 ? '' : ` (and ${snapshot.broken.size} off)`;
  const grouping = snapshot.virtual === undefined ? '' : ` and ${snapshot.virtual.size} virtual`;
  const servers = `${count(snapshot.servers.size, 'server')}${grouping}${off}`;
  print(`${found}; ${servers}, ${count(snapshot.policy.agents.length, 'agent')}.`);
}

/** Explains what a rule meant in the Python gateway, for those who come from there. */
function kindOf({ severity, migration }: Problem): 'error' | 'warning' | 'note' {
  return migration === true ? 'note' : severity;
}
