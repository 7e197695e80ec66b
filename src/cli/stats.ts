/** `stats`: what the agents of running gateways spent, and what direct exposure would have cost. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom } from './flags.ts';
import { fail } from './output.ts';

interface StatsFlags extends CommandFlags {
  readonly json?: boolean;
  readonly since?: string;
}

export function registerStats(program: Command): void {
  program
    .command('stats')
    .description('show the tokens that the agents of running gateways spent, and what direct exposure would cost')
    .option('--since <when>', 'by the audit log, for gateways that ended too: 30m, 12h, 7d, 4w ago, or a date in UTC')
    .option('--audit-log <file>', 'audit log (GATEWAY_AUDIT_LOG)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Tokens are estimated. "own tools" and "direct" are paid once in every
conversation, "definitions" and "results" are what was read since the gateway
started, or since the time that --since says. What is saved is known of the
gateways that run alone.

Examples:
  $ agent-mcp-gateway stats
  $ agent-mcp-gateway stats --since 7d`,
    )
    .action(async ({ json, since, ...flags }: StatsFlags) => {
      try {
        const { pastStats, stats } = await import('./stats-run.ts');
        const settings = settingsFrom(flags);
        if (since === undefined) return await stats(settings, json === true);
        const { instantBefore } = await import('./since.ts');
        pastStats(settings.auditLog, instantBefore(since, Date.now()), json === true);
      } catch (error) {
        fail(error);
      }
    });
}
