/** `doctor`: what is wrong with each server, and what to do about it. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

interface DoctorFlags extends CommandFlags {
  readonly json?: boolean;
}

export function registerDoctor(program: Command): void {
  withFiles(program.command('doctor [name...]'))
    .description('check each server: command, environment, start, handshake, tools and what they cost; with the fix')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nStarts every server for a moment.\nExit status: 0 if all is well, 4 otherwise.\n\nExample:\n  $ agent-mcp-gateway doctor github',
    )
    .action(async (names: string[], flags: DoctorFlags) => {
      try {
        const { doctor } = await import('./doctor-run.ts');
        await doctor(settingsFrom(flags), names, flags.json === true);
      } catch (error) {
        fail(error);
      }
    });
}
