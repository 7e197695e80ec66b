/** `search test`: what an agent finds and why, and the endpoint for embeddings. `search learned`, `search forget`: what was remembered of the use of tools. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles, withLock } from './flags.ts';
import { fail } from './output.ts';

export interface SearchFlags extends CommandFlags {
  readonly agent?: string;
  readonly json?: boolean;
}

export function registerSearch(program: Command): void {
  const search = program
    .command('search')
    .description('see what an agent finds and why; see and forget what search_tools learned from use')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway search learned');
  withLock(withFiles(search.command('test [query]')))
    .description(
      'show what an agent finds, and why in this order; without a query, ask the endpoint for embeddings for one vector',
    )
    .option('--agent <name>', 'as this agent (default: as a call without agent_id)')
    .option('--server <name>', 'in this server only')
    .option('--limit <number>', 'number of results (default: 5)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway search test "who owes us money" --agent researcher')
    .action((query: string | undefined, flags: TestFlags) => run(() => test(query, flags))(flags));
  command(search, 'learned')
    .description('list which tool was used after which words, most recent last')
    .addHelpText(
      'after',
      `
Nothing is remembered unless the rules say "search": { "learn_from_use": true }.

Example:
  $ agent-mcp-gateway search learned --agent researcher`,
    )
    .action(run(async (flags) => (await import('./search-run.ts')).learned(settingsFrom({}), flags)));
  command(search, 'forget')
    .description('forget what was learned, for all agents or one; running gateways notice at once')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway search forget --agent researcher')
    .action(run(async (flags) => (await import('./search-run.ts')).forget(settingsFrom({}), flags)));
}

interface TestFlags extends SearchFlags {
  readonly server?: string;
  readonly limit?: string;
}

async function test(query: string | undefined, flags: TestFlags): Promise<void> {
  if (query === undefined) return (await import('./search-run.ts')).test(settingsFrom(flags), flags);
  const { explained } = await import('./search-explained.ts');
  const { limit, server, json = false } = flags;
  await explained(settingsFrom({ ...flags, initStrategy: 'lazy' }), { query, limit, server, json });
}

function command(search: Command, name: string): Command {
  return search.command(name).option('--agent <name>', 'of this agent only').option('--json', 'print JSON');
}

function run(action: (flags: SearchFlags) => Promise<void>): (flags: SearchFlags) => Promise<void> {
  return async (flags) => {
    try {
      await action(flags);
    } catch (error) {
      fail(error);
    }
  };
}
