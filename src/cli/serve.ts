import process from 'node:process';
import type { Command } from 'commander';
import type { CommandFlags } from './flags.ts';
import { settingsFrom, withFiles, withLock } from './flags.ts';
import { unknownCommand } from './help.ts';
import { fail } from './output.ts';

type ServeFlags = CommandFlags & { readonly code?: boolean };

export function registerServe(program: Command): void {
  const command = program
    .command('serve', { isDefault: true })
    .description('run the gateway: over stdio for the client that starts it, or over HTTP as a service');
  withLock(withFiles(command.optionsGroup('Files:')))
    .option('--audit-log <file>', 'audit log (GATEWAY_AUDIT_LOG)')
    .optionsGroup('Servers and agents:')
    .option('--agent <name>', 'bind every call of this connection to one agent of the rules')
    .option('--expose <view>', "what agents see: discovery (the gateway's few tools) or direct (every permitted tool)")
    .option('--code', 'offer run_code: programs of agents that call tools, where their rules do not say')
    .option('--init-strategy <when>', 'start servers eager or lazy (GATEWAY_INIT_STRATEGY; default eager)')
    .optionsGroup('Transport:')
    .option('--transport <kind>', 'stdio or http (GATEWAY_TRANSPORT; default stdio)')
    .option('--server <name>', 'over stdio: stand for this one server, nothing renamed')
    .option('--host <address>', 'over HTTP: address to listen on (GATEWAY_HTTP_HOST; default 127.0.0.1)')
    .option('--port <number>', 'over HTTP: port to listen on, 0 for any (GATEWAY_HTTP_PORT; default 8000)')
    .option('--workers <count>', 'over HTTP: processes that share the work, or auto (GATEWAY_WORKERS; default 1)')
    .option('--store <url>', 'Redis or Valkey that several gateways share, without a password (GATEWAY_STORE)')
    .option('--public-url <url>', 'where others reach this gateway, for sign-ins and server cards (GATEWAY_PUBLIC_URL)')
    .option('--no-auth', 'accept HTTP requests without a token; only together with a loopback address')
    .option('--ui', 'over HTTP: a web page at /ui, for principals with "operator": true')
    .option('--ui-write', 'the same page, which may also answer questions, accept definitions and restart servers')
    .optionsGroup('Other:')
    .option('--debug', 'offer get_gateway_status and log more (GATEWAY_DEBUG)')
    .helpOption(true)
    .allowExcessArguments()
    .addHelpText(
      'after',
      `
Examples:
  $ agent-mcp-gateway                            command of a client, over stdio
  $ agent-mcp-gateway serve --transport http     http://127.0.0.1:8000/mcp
  $ agent-mcp-gateway serve --agent researcher   entry that belongs to one agent

Stops on SIGTERM, SIGINT, the end of stdin and the end of its terminal; reloads
on SIGHUP and whenever a file changes.
Exit status: 0 after a clean stop, 130 after Ctrl-C, 129 after the end of its
terminal, 1 if it could not start, 2 for a wrong flag.`,
    )
    .action(async ({ code, ...others }: ServeFlags) => {
      const [extra] = command.args;
      if (extra !== undefined) return command.error(await unknown(program, extra));
      try {
        const { serve } = await import('./serve-run.ts');
        const flags: CommandFlags = { ...others, runCode: code };
        await serve(settingsFrom(flags), flags);
      } catch (error) {
        fail(error);
        process.exit();
      }
    });
}

/** The error for a word that is no command: every such word reaches the default command. */
async function unknown(program: Command, word: string): Promise<string> {
  return program.args[0] === 'serve' ? `error: serve takes no argument '${word}'.` : unknownCommand(word, program);
}
