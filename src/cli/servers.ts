/** `servers`: look at the servers of the configuration, and after those of running gateways. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

export interface ServersFlags extends CommandFlags {
  readonly json?: boolean;
  readonly timeoutMs?: string;
  readonly retries?: string;
  readonly follow?: boolean;
}

export function registerServers(program: Command): void {
  const servers = program
    .command('servers')
    .description('test servers; see, restart and stop those of running gateways');
  withFiles(servers.command('list'))
    .description('list the servers of the configuration, and why some are off')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway servers list')
    .action((flags: ServersFlags) => run(async ({ list }) => list(settingsFrom(flags), flags)));
  withFiles(servers.command('test <name>'))
    .description('connect to a server and list its tools; needs no running gateway')
    .option('--timeout-ms <ms>', 'milliseconds for each try', '5000')
    .option('--retries <count>', 'further tries after a failure, 0.5 s later and then twice as long each time', '3')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The status is "initialized" where all is well, "connected" where the handshake
worked but the tools could not be listed, and "error" otherwise.
Exit status: 0 initialized, 4 anything else.

Example:
  $ agent-mcp-gateway servers test github --timeout-ms 60000`,
    )
    .action((name: string, flags: ServersFlags) => run(async ({ test }) => test(settingsFrom(flags), name, flags)));
  servers
    .command('status')
    .description('show the servers of every running gateway of this account')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Calls, errors and durations are those since the gateway started. p50 and p95 are
of whole calls; queue, serving and gateway are the 95th percentile of their
parts: until a call could be sent, until the server had answered, and in the
gateway.

Example:
  $ agent-mcp-gateway servers status`,
    )
    .action((flags: ServersFlags) => run(async ({ status }) => status(settingsFrom({}), flags)));
  for (const what of ['restart', 'stop'] as const) {
    servers
      .command(`${what} <name>`)
      .description(
        what === 'stop' ? 'stop a server; the next call starts it again' : 'stop a server and start it again at once',
      )
      .addHelpText('after', `\nIts running calls fail.\n\nExample:\n  $ agent-mcp-gateway servers ${what} github`)
      .action((name: string) => run(async ({ control }) => control(settingsFrom({}), name, what)));
  }
  servers
    .command('logs <name>')
    .description('print the last 64 KiB that a server wrote to stderr')
    .option('--follow', 'keep printing what it writes')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway servers logs github --follow')
    .action((name: string, flags: ServersFlags) => run(async ({ logs }) => logs(settingsFrom({}), name, flags)));
}

async function run(action: (commands: typeof import('./servers-run.ts')) => Promise<void>): Promise<void> {
  try {
    await action(await import('./servers-run.ts'));
  } catch (error) {
    fail(error);
  }
}
