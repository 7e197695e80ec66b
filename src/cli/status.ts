/** `status`: what runs, from which files, who is connected, what is wrong, and what to do next. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

interface StatusFlags extends CommandFlags {
  readonly json?: boolean;
}

/** Adds the command `status`. */
export function registerStatus(program: Command): void {
  withFiles(program.command('status'))
    .description('show running gateways, their files, connected clients, problems, and what to do next')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nStarts nothing.\nExit status: 0 if all is well, 1 if something is wrong.\n\nExample:\n  $ agent-mcp-gateway status',
    )
    .action(async (flags: StatusFlags) => {
      try {
        await (await import('./setup/status-run.ts')).status(settingsFrom(flags), flags.json === true);
      } catch (error) {
        fail(error);
      }
    });
}
