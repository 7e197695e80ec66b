/** `setup`: from the servers that somebody has to a gateway in front of them, in one run. */
import type { Command } from 'commander';
import { fail } from './output.ts';

export interface SetupFlags {
  readonly clients?: string;
  readonly keepSecrets?: boolean;
  readonly approvals?: boolean;
  readonly scan?: boolean;
  readonly keepServers?: boolean;
  readonly http?: boolean | string;
  readonly tokenEnv?: string;
  readonly auth?: boolean;
  readonly mcpConfig?: string;
  readonly rules?: string;
  readonly yes?: boolean;
  readonly print?: boolean;
  readonly json?: boolean;
}

/** Adds the command `setup`. */
export function registerSetup(program: Command): void {
  program
    .command('setup')
    .description('find your clients and their servers, and put the gateway in front of them')
    .option('--clients <list>', 'clients, e.g. cursor,codex (default: all that are found)')
    .option('--scan', 'afterwards start the servers for a moment and scan their texts for hidden orders')
    .option('--keep-servers', 'clients keep their own servers beside the gateway')
    .option('--keep-secrets', 'leave literal secrets where they are, in the servers file')
    .option('--no-approvals', 'do not turn the tools that a client approves by itself into rules')
    .option('--http [url]', 'connect over HTTP to a running gateway')
    .option('--token-env <name>', 'with --http: variable that holds the token')
    .option('--no-auth', 'with --http: the gateway takes requests without a token')
    .option('--mcp-config <file>', 'servers file to write to')
    .option('--rules <file>', 'rules file to write to')
    .option('--yes', 'answer every question with its default and carry out the plan')
    .option('--print', 'print the plan and change nothing')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Nothing is written before you have seen the whole plan and agreed. All of it is
one change: "agent-mcp-gateway undo" gives every byte back.

Examples:
  $ agent-mcp-gateway setup
  $ agent-mcp-gateway setup --print
  $ agent-mcp-gateway setup --clients cursor,codex --yes`,
    )
    .action(async (flags: SetupFlags) => {
      try {
        await (await import('./setup/guide.ts')).setup(flags);
      } catch (error) {
        fail(error);
      }
    });
}
