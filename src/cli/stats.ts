/** `stats`: what the agents of running gateways spent, and what direct exposure would have cost. */
import type { Command } from 'commander';
import { settingsFrom } from './flags.ts';
import { fail } from './output.ts';

export interface StatsFlags {
  readonly json?: boolean;
}

export function registerStats(program: Command): void {
  program
    .command('stats')
    .description('tokens that the agents of running gateways spent, and what direct exposure would cost')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Tokens are estimated. "own tools" and "direct" are paid once in every
conversation, "definitions" and "results" are what was read since the gateway
started.

Example:
  $ agent-mcp-gateway stats`,
    )
    .action(async (flags: StatsFlags) => {
      try {
        const { stats } = await import('./stats-run.ts');
        await stats(settingsFrom({}), flags);
      } catch (error) {
        fail(error);
      }
    });
}
