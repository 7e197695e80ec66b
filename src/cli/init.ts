/** `init`: a first configuration. */
import { join, resolve } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { canonical, exists, writePrivateFile } from '../config/config-files.ts';
import { RULES_FILE, SERVERS_FILE } from '../config/locate-files.ts';
import { expandHome, type Settings, settingsHere } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import { MULTI_AGENT_TEMPLATE, SERVERS_TEMPLATE, SINGLE_AGENT_TEMPLATE } from './init-templates.ts';
import { fail, print, say } from './output.ts';

interface InitOptions {
  readonly dir?: string;
  readonly singleAgent?: boolean;
  readonly multiAgent?: boolean;
  readonly force?: boolean;
}

/** Asks a question that is answered with yes or no; undefined where nobody is there to answer. */
type Ask = ((question: string) => Promise<boolean>) | undefined;

/** Adds the command `init`. */
export function registerInit(program: Command): void {
  program
    .command('init')
    .description(`write a first ${SERVERS_FILE} and ${RULES_FILE}, with comments that explain them`)
    .option('--dir <dir>', 'folder to write them to (default: ~/.config/agent-mcp-gateway)')
    .option('--single-agent', 'rules for one agent (default)')
    .option('--multi-agent', 'rules for several agents with different rights')
    .option('--force', 'overwrite existing files')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway init --multi-agent')
    .action(runInit);
}

/** The command itself, also behind `--init`. Reports errors by the exit status. */
async function runInit(options: InitOptions): Promise<void> {
  try {
    await init(options, settingsHere({}), terminalAsk());
  } catch (error) {
    fail(error);
  }
}

/**
 * Writes both files.
 * @throws GatewayError USAGE when a file is there and nobody can be asked, or for contradicting options; nothing is written then.
 */
export async function init(options: InitOptions, settings: Settings, ask: Ask): Promise<void> {
  if (options.singleAgent === true && options.multiAgent === true) {
    throw new GatewayError('USAGE', 'Choose --single-agent or --multi-agent, not both.');
  }
  const own = settings.configDir;
  const dir = options.dir === undefined ? own : resolve(settings.cwd, expandHome(options.dir, settings.home));
  const files = [
    { path: join(dir, SERVERS_FILE), text: SERVERS_TEMPLATE },
    { path: join(dir, RULES_FILE), text: options.multiAgent === true ? MULTI_AGENT_TEMPLATE : SINGLE_AGENT_TEMPLATE },
  ];
  const present = await Promise.all(files.map(({ path }) => exists(path)));
  const existing = files.filter((_file, at) => present[at]).map(({ path }) => path);
  const kept = options.force === true ? new Set<string>() : await askFor(existing, ask);
  for (const { path, text } of files) {
    if (kept.has(path)) {
      say(`Kept ${path}`);
      continue;
    }
    await writePrivateFile(path, text);
    print(`Wrote ${path}`);
  }
  for (const line of nextSteps(dir, (await canonical(dir)) === (await canonical(own)))) say(line);
}

/** The files that are to stay as they are. */
async function askFor(existing: readonly string[], ask: Ask): Promise<Set<string>> {
  if (existing.length > 0 && ask === undefined) {
    const there = `${existing.join(' and ')} ${existing.length === 1 ? 'is' : 'are'} there already`;
    throw new GatewayError('USAGE', `${there}. Nothing was written; overwrite with --force, or choose another --dir.`);
  }
  const kept = new Set<string>();
  for (const path of existing) {
    if (ask !== undefined && !(await ask(`${path} is there already. Overwrite it?`))) kept.add(path);
  }
  return kept;
}

function nextSteps(dir: string, isOwnDir: boolean): readonly string[] {
  // Named as they are, they need no trust and are found from everywhere.
  const flags = isOwnDir ? [] : ['--mcp-config', join(dir, SERVERS_FILE), '--rules', join(dir, RULES_FILE)];
  const args = flags.length === 0 ? {} : { args: flags };
  const entry = JSON.stringify({ mcpServers: { gateway: { command: 'agent-mcp-gateway', ...args } } });
  const steps = [
    'Put your servers into .mcp.json, and say in .mcp-gateway-rules.json who may use what.',
    `Check both: ${['agent-mcp-gateway validate', ...flags.map(shellWord)].join(' ')}`,
    `Make the gateway the only server of your MCP client: ${entry}`,
  ];
  return ['', 'Next:', ...steps.map((step, at) => `  ${at + 1}. ${step}`)];
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function terminalAsk(): Ask {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question) => {
    const { createInterface } = await import('node:readline/promises');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(?:es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    } finally {
      terminal.close();
    }
  };
}
