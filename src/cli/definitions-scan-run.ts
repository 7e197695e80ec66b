import process from 'node:process';
import { type Finding, isSuspicious } from '../catalog/scan/finding.ts';
import { type ListedDefinitions, scanListed } from '../catalog/scan/scan-listed.ts';
import type { ServerBeside } from '../catalog/scan/scan-server.ts';
import type { Settings } from '../config/settings.ts';
import { count } from './count.ts';
import { print, printJson, say } from './output.ts';
import { waitFor } from './waiting.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

/** Milliseconds: a start may take its budget, and then the handshake and the listing. */
const TIMEOUT_MS = 180_000;

interface Options {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** The known facts about one server. */
type Listed =
  | { readonly server: string; readonly definitions: ListedDefinitions }
  | { readonly server: string; readonly error: string };

/**
 * Lists every server, since what one says is compared with what the others have, and scans those that were named, or all.
 * @throws GatewayError as `openWorkbench`; USAGE where there is no such server
 */
export async function scanDefinitions(settings: Settings, names: readonly string[], options: Options): Promise<void> {
  const bench = await openWorkbench(settings);
  try {
    const all = [...bench.snapshot.servers.keys(), ...bench.snapshot.broken.keys()];
    // Says what may have been meant, before anything is started.
    for (const name of names) if (!all.includes(name)) await bench.test(name, TIMEOUT_MS);
    const waiting = waitFor(all);
    const list = async (name: string): Promise<Listed> => {
      const listed = await listOf(bench, name);
      waiting.done(name);
      return listed;
    };
    const listed = await Promise.all(all.map(list)).finally(waiting.close);
    const results: Result[] = [];
    for (const one of listed)
      if (names.length === 0 || names.includes(one.server)) results.push(await scan(one, listed));
    if (results.some(({ findings }) => findings?.some(isSuspicious))) process.exitCode = 1;
    else if (results.some(({ error }) => error !== undefined)) process.exitCode = 4;
    if (options.json === true) printJson(results);
    else for (const result of results) printResult(result, options.all === true);
  } finally {
    await bench.close();
  }
}

async function listOf(bench: Workbench, server: string): Promise<Listed> {
  const { status, error } = await bench.test(server, TIMEOUT_MS);
  if (status !== 'initialized') return { server, error: error?.message ?? 'It could not be listed.' };
  return { server, definitions: await bench.definitions(server, TIMEOUT_MS) };
}

interface Result {
  readonly server: string;
  readonly definitions?: number;
  readonly findings?: readonly Finding[];
  readonly error?: string;
}

async function scan(one: Listed, all: readonly Listed[]): Promise<Result> {
  if ('error' in one) return one;
  const { server, definitions } = one;
  const others = all.flatMap((other) => (other.server === server || 'error' in other ? [] : [namedTools(other)]));
  const { tools, prompts = [], templates = [], instructions } = definitions;
  const number = tools.length + prompts.length + templates.length + (instructions === undefined ? 0 : 1);
  return { server, definitions: number, findings: await scanListed(server, definitions, others) };
}

function namedTools({ server, definitions: { tools } }: Extract<Listed, { definitions: unknown }>): ServerBeside {
  return { server, tools: tools.map(({ raw }) => JSON.parse(raw) as ServerBeside['tools'][number]) };
}

function printResult({ server, definitions = 0, findings = [], error }: Result, showsAll: boolean): void {
  if (error !== undefined) {
    say(`${server}: ${error}`);
    return;
  }
  const suspicious = findings.filter(isSuspicious);
  const rest = findings.length - suspicious.length;
  const found = suspicious.length === 0 ? 'nothing suspicious' : count(suspicious.length, 'finding');
  const hint = rest > 0 && !showsAll ? `; ${rest} of little weight (--all shows them)` : '';
  print(`${server}: ${count(definitions, 'definition')}, ${found}${hint}`);
  for (const finding of showsAll ? findings : suspicious) printFinding(finding);
}

/** A finding, in three lines. */
export function printFinding({ level, kind, type, name, where, excerpt, message }: Finding): void {
  print(`  ${level.padEnd(6)} ${type}${name === '' ? '' : ` ${name}`} ${where} (${kind})`);
  print(`         ${message}`);
  if (excerpt !== '') print(`         > ${excerpt}`);
}
