/** `tools list` and `tools call`: what an agent would get, through the same pipeline. */
import process from 'node:process';
import type { Command } from 'commander';
import { EXECUTE_ANY, SPLIT_EXECUTORS } from '../policy/executors.ts';
import { CATALOGUE, GatewayError } from '../shared/errors.ts';
import { type CommandFlags, settingsFrom, withFiles, withLock } from './flags.ts';
import { exitWhenRead, fail, printCells, printJson, printText, say } from './output.ts';
import { failureOf, type ToolResult, textOf } from './tool-result.ts';
import { summaryOf, waitFor } from './waiting.ts';

interface ToolsFlags extends CommandFlags {
  readonly json?: boolean;
  readonly args?: string;
}

export function registerTools(program: Command): void {
  const tools = program
    .command('tools')
    .description('see and call the tools that an agent may use')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway tools list');
  withLock(withFiles(tools.command('list [server]')))
    .description('list the servers and tools that an agent may use')
    .option('--agent <name>', 'as this agent (default: as a call without agent_id)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway tools list --agent researcher brave-search')
    .action((server: string | undefined, flags: ToolsFlags) =>
      run(flags, (call) => list(call, server, flags.json === true)),
    );
  withLock(withFiles(tools.command('call <server> <tool>')))
    .description('call a tool as an agent; recorded in the audit log like any other call')
    .option('--agent <name>', 'as this agent (default: as a call without agent_id)')
    .option('--args <json>', 'arguments, a JSON object')
    .option('--json', 'print the whole result as JSON')
    .addHelpText('after', `\nExample:\n  $ agent-mcp-gateway tools call files read_file --args '{"path":"notes.md"}'`)
    .action((server: string, tool: string, flags: ToolsFlags) =>
      run(flags, (call, isSplit) =>
        execute(call, { server, tool, args: objectText(flags.args ?? '{}') }, { isSplit, json: flags.json === true }),
      ),
    );
}

/** The text itself: numbers in it reach the server as they were written. @throws GatewayError USAGE */
function objectText(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return text;
  } catch {
    // Said below, as for any other value.
  }
  throw new GatewayError('USAGE', `--args takes a JSON object: --args '{"path": "notes.md"}'.`);
}

/** Calls one of the gateway's own tools and gives its result. */
type Call = (tool: string, args: Record<string, unknown>) => Promise<ToolResult>;

async function run(flags: ToolsFlags, action: (call: Call, isSplit: boolean) => Promise<void>): Promise<void> {
  try {
    const { openClient } = await import('./client.ts');
    const client = await openClient(settingsFrom({ ...flags, initStrategy: 'lazy' }));
    try {
      await action(client.call, client.isSplit());
    } finally {
      await client.close();
    }
  } catch (error) {
    fail(error);
  }
  await exitWhenRead();
}

async function list(call: Call, server: string | undefined, json: boolean): Promise<void> {
  const names = server === undefined ? await serverNames(call) : [server];
  const waiting = waitFor(names);
  const results = new Map<string, Listed>();
  const one = async (name: string, isLast: boolean): Promise<void> => {
    const listed = await toolsOf(call, name);
    // The rules may allow fewer calls at a time.
    if (listed.failure?.code === 'RATE_LIMITED' && !isLast) return;
    results.set(name, listed);
    waiting.done(name);
    // One server that is down must not hide the others.
    if (listed.failure !== undefined && server === undefined) say(`agent-mcp-gateway: ${listed.failure.message}`);
    if (!json) for (const tool of listed.tools) printCells([name, tool.name, firstLine(tool.description)]);
  };
  try {
    // All at once: how many servers start at a time is for the gateway to say. Then, alone, those that were too many.
    await Promise.all(names.map((name) => one(name, false)));
    for (const name of names) if (!results.has(name)) await one(name, true);
  } finally {
    waiting.close();
  }
  const listed = names.flatMap((name) => results.get(name) ?? []);
  const failures = listed.flatMap(({ failure }) => failure ?? []);
  const [failure] = failures;
  if (failure !== undefined && server !== undefined) throw failure;
  if (failure !== undefined) process.exitCode = CATALOGUE[failure.code].exit;
  if (json) printJson(listed.map(asJson));
  else say(...summaryOf('listed', listed.length - failures.length, 'failed', failures.length));
}

interface Listed {
  readonly server: string;
  readonly tools: readonly { readonly name: string; readonly description: string }[];
  readonly failure: GatewayError | undefined;
}

async function toolsOf(call: Call, server: string): Promise<Listed> {
  const result = await call('get_server_tools', { server });
  const failure = failureOf(result);
  const tools = failure === undefined ? (JSON.parse(textOf(result)) as Pick<Listed, 'tools'>).tools : [];
  return { server, tools, failure };
}

function asJson({ server, tools, failure }: Listed): object {
  return failure === undefined
    ? { server, tools }
    : { server, error: { code: failure.code, message: failure.message } };
}

async function serverNames(call: Call): Promise<string[]> {
  const result = await call('list_servers', {});
  const failure = failureOf(result);
  if (failure !== undefined) throw failure;
  return (JSON.parse(textOf(result)) as { name: string }[]).map(({ name }) => name);
}

interface Execution extends Record<string, unknown> {
  readonly server: string;
  readonly tool: string;
}

async function execute(
  call: Call,
  args: Execution,
  { isSplit, json }: { isSplit: boolean; json: boolean },
): Promise<void> {
  const result = await call(isSplit ? await executorOf(call, args) : EXECUTE_ANY, args);
  const failure = failureOf(result);
  if (failure !== undefined) throw failure;
  if (result.isError === true) process.exitCode = 1;
  if (json) return printJson(result);
  for (const block of result.content)
    printText(`${block.type === 'text' ? (block.text ?? '') : JSON.stringify(block)}\n`);
}

/** Of an agent that has several, the one that calls a tool; any of them where there is no such tool, and says so. */
async function executorOf(call: Call, { server, tool }: Execution): Promise<string> {
  const result = await call('get_server_tools', { server, names: [tool], detail: 'names' });
  if (failureOf(result) !== undefined) return SPLIT_EXECUTORS[0];
  const { execute = {} } = JSON.parse(textOf(result)) as { execute?: object };
  return Object.keys(execute)[0] ?? SPLIT_EXECUTORS[0];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
