/** `ui`: the web page for all gateways of this account. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

interface UiFlags extends CommandFlags {
  readonly write?: boolean;
  readonly open?: boolean;
}

export function registerUi(program: Command): void {
  withFiles(program.command('ui'))
    .description('open a web page that shows what agents do and may do, for all gateways of this account')
    .option('--audit-log <file>', 'audit log (GATEWAY_AUDIT_LOG)')
    .option('--port <number>', 'port of 127.0.0.1 to listen on (default: any free one)')
    .option('--write', 'let the page change things: answer questions, accept definitions, restart servers')
    .option('--no-open', 'print the link and open no browser')
    .addHelpText(
      'after',
      `
The link works once, and for this machine alone. Enter prints another one,
Ctrl-C ends the page.

Example:
  $ agent-mcp-gateway ui`,
    )
    .action(async ({ port, write, open, ...flags }: UiFlags) => {
      try {
        const { uiCommand } = await import('./ui-run.ts');
        const { wholeNumber } = await import('./whole-number.ts');
        const at = port === undefined ? 0 : wholeNumber('--port', port, 0);
        await uiCommand(settingsFrom(flags), { port: at, mayWrite: write === true, opens: open !== false });
      } catch (error) {
        fail(error);
      }
    });
}
