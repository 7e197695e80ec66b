/** `warm`: starts every server once, so that packages are downloaded before an agent waits for them. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

interface WarmFlags extends CommandFlags {
  readonly json?: boolean;
}

export function registerWarm(program: Command): void {
  withFiles(program.command('warm'))
    .description('start every server once and stop it again, so that the first agent does not wait for downloads')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit status: 0 if every server could be started, 4 otherwise.\n\nExample:\n  $ agent-mcp-gateway warm',
    )
    .action(async (flags: WarmFlags) => {
      try {
        const { warm } = await import('./warm-run.ts');
        await warm(settingsFrom(flags), flags.json === true);
      } catch (error) {
        fail(error);
      }
    });
}
