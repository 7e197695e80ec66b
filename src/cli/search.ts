/** `search test`: the endpoint for embeddings. `search learned`, `search forget`: what was remembered of the use of tools. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

export interface SearchFlags extends CommandFlags {
  readonly agent?: string;
  readonly json?: boolean;
}

export function registerSearch(program: Command): void {
  const search = program
    .command('search')
    .description('test the endpoint for embeddings; see and forget what search_tools learned from use')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway search learned');
  withFiles(search.command('test'))
    .description('ask the endpoint for embeddings for one vector, and say how long that takes')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway search test')
    .action(run(async (flags) => (await import('./search-run.ts')).test(settingsFrom(flags), flags)));
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
