/** `definitions scan`: hidden orders, invisible text and imitated names in what servers say. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

interface ScanFlags extends CommandFlags {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** Adds the command to its group. */
export function addScan(definitions: Command): void {
  withFiles(definitions.command('scan [server...]'))
    .description('find hidden orders, invisible text and imitated names in the texts of servers for models')
    .option('--all', 'also show findings of low severity')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Starts every server for a moment; nothing leaves this machine.
Exit status: 0 if nothing is suspicious, 1 if something is, 4 if a
server could not be listed.

Example:
  $ agent-mcp-gateway definitions scan github`,
    )
    .action(async (names: string[], flags: ScanFlags) => {
      try {
        const { scanDefinitions } = await import('./definitions-scan-run.ts');
        await scanDefinitions(settingsFrom(flags), names, flags);
      } catch (error) {
        fail(error);
      }
    });
}
