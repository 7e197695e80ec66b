/** `definitions`: what servers offer next to what was accepted of it, and the lock file that says so. */
import type { Command } from 'commander';
import { addScan } from './definitions-scan.ts';
import { type CommandFlags, settingsFrom, withFiles, withLock } from './flags.ts';
import { fail } from './output.ts';

interface DefinitionsFlags extends CommandFlags {
  readonly json?: boolean;
  readonly state?: string;
}

export function registerDefinitions(program: Command): void {
  const definitions = program.command('definitions').description('review, accept and scan the definitions of servers');
  register(definitions, 'list', 'show how many definitions of each server are accepted, and how many are held')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway definitions list')
    .action((flags: DefinitionsFlags) => attempt(async ({ list }) => list(settingsFrom(flags), flags.json === true)));
  register(definitions, 'diff [server] [name]', 'show what changed since the definition was accepted, field by field')
    .addHelpText(
      'after',
      `
Shows what running gateways saw last. Invisible characters are shown as
\\u{...}.
Exit status: 0 if nothing is held, 1 if something is.

Examples:
  $ agent-mcp-gateway definitions diff
  $ agent-mcp-gateway definitions diff github create_issue`,
    )
    .action((server: string | undefined, name: string | undefined, flags: DefinitionsFlags) =>
      attempt(async ({ diff }) => diff(settingsFrom(flags), { server, name, json: flags.json === true })),
    );
  register(
    definitions,
    'accept <server> [name...]',
    'accept the current definitions of a server: all, or those that you name',
  )
    .option('--state <id>', 'only if it is what "definitions diff" showed under this id')
    .addHelpText(
      'after',
      `
Writes the lock file; running gateways use it in a moment. A server that no
gateway has seen yet is started to look at it.

Examples:
  $ agent-mcp-gateway definitions accept github
  $ agent-mcp-gateway definitions accept github create_issue`,
    )
    .action((server: string, names: readonly string[], flags: DefinitionsFlags) =>
      attempt(async ({ accept }) => {
        const { state, json = false } = flags;
        await accept(settingsFrom(flags), { server, names, state, json });
      }),
    );
  register(definitions, 'lock', 'start every server and add those that are not in the lock file to it')
    .addHelpText(
      'after',
      `
Removes servers that are no longer in the servers file. Never accepts a change:
changes of servers in the lock file wait for "accept", and so do servers in
which the scan finds something.
Exit status: 0 if nothing is held, 1 if something is, 4 if a server could not be
listed.

Example:
  $ agent-mcp-gateway definitions lock`,
    )
    .action((flags: DefinitionsFlags) => attempt(async ({ lock }) => lock(settingsFrom(flags), flags.json === true)));
  addScan(definitions);
}

function register(definitions: Command, usage: string, description: string): Command {
  return withLock(withFiles(definitions.command(usage)))
    .description(description)
    .option('--json', 'print JSON');
}

async function attempt(action: (commands: typeof import('./definitions-run.ts')) => Promise<void>): Promise<void> {
  try {
    await action(await import('./definitions-run.ts'));
  } catch (error) {
    fail(error);
  }
}
