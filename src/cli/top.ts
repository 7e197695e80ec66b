/** `top`: what happens at this moment, as a table that renews itself. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom } from './flags.ts';
import { fail } from './output.ts';

interface TopFlags extends CommandFlags {
  readonly once?: boolean;
  readonly json?: boolean;
}

export function registerTop(program: Command): void {
  program
    .command('top')
    .description('watch servers, agents and calls of all gateways of this account, in a terminal')
    .option('--audit-log <file>', 'audit log (GATEWAY_AUDIT_LOG)')
    .option('--once', 'print it once; works without a terminal')
    .option('--json', 'print it once, as JSON')
    .addHelpText(
      'after',
      `
Calls, errors and durations are those of the last ten minutes. QUEUE, SERVING
and GATEWAY, where the terminal has 110 columns, are the 95th percentile of the
parts of a call: until it could be sent, until the server had answered, and in
the gateway. q or Ctrl-C ends it.

Example:
  $ agent-mcp-gateway top`,
    )
    .action(async ({ once, json, ...flags }: TopFlags) => {
      try {
        const { topCommand } = await import('./top-run.ts');
        await topCommand(settingsFrom(flags), json === true ? 'json' : once === true ? 'once' : 'live');
      } catch (error) {
        fail(error);
      }
    });
}
