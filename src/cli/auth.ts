/** `auth`: sign in to servers, look at the sign-ins, end them. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

export interface AuthFlags extends CommandFlags {
  readonly json?: boolean;
  readonly browser?: boolean;
  readonly device?: boolean;
  readonly principal?: string;
}

export function registerAuth(program: Command): void {
  const auth = program
    .command('auth')
    .description('sign in to servers that ask for it, see the sign-ins and end them')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway auth login linear');
  withFiles(auth.command('login <server>'))
    .description('sign in to a server in the browser')
    .option('--no-browser', 'only print the link; open it anywhere, and paste the address where the browser ends')
    .option('--device', 'sign in with a code on any other device; nothing has to come back to this machine')
    .option('--principal <name>', 'principal that signs in, for a server with credentials per principal')
    .addHelpText(
      'after',
      `
On a machine without a browser, use --device where the authorization server
supports it. Otherwise open the link on another machine. After the sign-in
that browser cannot open its last page, an address on 127.0.0.1: copy it from
the address bar and paste it here.
Exit status: 0 signed in, 4 not.

Examples:
  $ agent-mcp-gateway auth login linear
  $ agent-mcp-gateway auth login linear --no-browser
  $ agent-mcp-gateway auth login linear --device`,
    )
    .action((server: string, flags: AuthFlags) => run(async ({ login }) => login(settingsOf(flags), server, flags)));
  withFiles(auth.command('status'))
    .description('list the servers that have a sign-in or may need one: issuer, scopes, expiry')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway auth status --json')
    .action((flags: AuthFlags) => run(async ({ status }) => status(settingsOf(flags), flags)));
  withFiles(auth.command('logout <server>'))
    .description('end the sign-in to a server, here and at its authorization server')
    .option('--principal <name>', 'whose sign-in, for a server with credentials per principal')
    .addHelpText(
      'after',
      '\nRunning gateways stop using it within a few seconds.\n\nExample:\n  $ agent-mcp-gateway auth logout linear',
    )
    .action((server: string, flags: AuthFlags) => run(async ({ logout }) => logout(settingsOf(flags), server, flags)));
}

function settingsOf({ mcpConfig, rules }: AuthFlags): ReturnType<typeof settingsFrom> {
  return settingsFrom({ mcpConfig, rules });
}

async function run(action: (commands: typeof import('./auth-run.ts')) => Promise<void>): Promise<void> {
  try {
    await action(await import('./auth-run.ts'));
  } catch (error) {
    fail(error);
  }
}
