import type { Command } from 'commander';
import { GatewayError } from '../shared/errors.ts';
import { fail } from './output.ts';

export interface ConnectFlags {
  readonly http?: boolean | string;
  readonly tokenEnv?: string;
  readonly auth?: boolean;
  readonly perAgent?: boolean;
  readonly hook?: boolean;
  readonly project?: boolean;
  readonly replace?: boolean;
  readonly name?: string;
  readonly dir?: string;
  readonly rules?: string;
  readonly mcpConfig?: string;
  readonly yes?: boolean;
  readonly print?: boolean;
  readonly json?: boolean;
}

/** Adds the command `connect`. */
export function registerConnect(program: Command): void {
  program
    .command('connect')
    .description('put the gateway into the files of MCP clients')
    .argument('<client...>', 'e.g. claude-code, cursor, vscode, codex; or all')
    .option('--replace', 'remove the servers that the gateway already has')
    .option('--project', "write to the file of this folder, for everybody who works on it, not to the user's")
    .option('--http [url]', 'connect over HTTP to a running gateway (default: http://127.0.0.1:8000/mcp)')
    .option('--token-env <name>', 'with --http: variable that holds the token (default: AGENT_MCP_GATEWAY_TOKEN)')
    .option('--no-auth', 'with --http: the gateway takes requests without a token')
    .option('--name <name>', 'name of the entry (default: gateway)')
    .option(
      '--per-agent',
      'an agent of its own in the rules for every client, and with --http a token; claude-code: a subagent for every agent',
    )
    .option('--hook', 'claude-code: print the settings that tell subagents with a shared entry apart')
    .option('--dir <dir>', 'with --per-agent: project to write to (default: this folder)')
    .option('--mcp-config <file>', 'servers file that the entries name')
    .option('--rules <file>', 'rules file to read, and that the entries name')
    .option('--yes', 'carry out the plan without asking')
    .option('--print', 'print the plan and change nothing')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Everything else in a file stays as it is, byte for byte; "disconnect" gives back
what was there.

Examples:
  $ agent-mcp-gateway connect cursor codex
  $ agent-mcp-gateway connect all --replace --yes
  $ agent-mcp-gateway connect claude-code --http --no-auth
  $ agent-mcp-gateway connect claude-code --per-agent`,
    )
    .action(async (clients: string[], flags: ConnectFlags) => {
      try {
        await connect(clients, flags);
      } catch (error) {
        fail(error);
      }
    });
}

async function connect(clients: readonly string[], flags: ConnectFlags): Promise<void> {
  const hasSubagents = flags.perAgent === true && flags.http === undefined && clients.includes('claude-code');
  const others = hasSubagents ? clients.filter((name) => name !== 'claude-code') : clients;
  if (flags.hook === true && (clients.length !== 1 || clients[0] !== 'claude-code')) {
    throw new GatewayError('USAGE', '--hook is only for claude-code.');
  }
  if (flags.hook === true) (await import('./connect-run.ts')).printHook();
  else {
    if (hasSubagents) await (await import('./connect-run.ts')).connectPerAgent(flags);
    if (others.length > 0) await (await import('./setup/connect-clients.ts')).connectClients(others, flags);
  }
}
