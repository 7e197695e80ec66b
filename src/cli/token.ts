import type { Command } from 'commander';
import { type CommandFlags, settingsFrom } from './flags.ts';
import { fail } from './output.ts';

type TokenFlags = CommandFlags & {
  readonly json?: boolean;
  readonly write?: boolean;
  readonly expires?: string;
  readonly agent?: string;
  readonly operator?: boolean;
};

/** Adds the commands about bearer tokens. */
export function registerToken(program: Command): void {
  const token = program
    .command('token')
    .description('make, list and revoke the tokens that clients send over HTTP')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway token create ci --agent deployer');
  registerCreate(token);
  withRules(token.command('list').description('list the principals of the rules that have a token'))
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway token list\n\nTokens themselves are not kept anywhere.')
    .action(
      run(async (flags: TokenFlags) => (await import('./token-run.ts')).listTokens(settingsFrom(flags), flags.json)),
    );
  withRules(token.command('revoke').description('remove a principal and its token from the rules'))
    .argument('<name>', 'principal')
    .addHelpText(
      'after',
      `
A running gateway refuses the token from its next reload on, which takes a
second or two.

Example:
  $ agent-mcp-gateway token revoke ci`,
    )
    .action(
      run(async (name: string, flags: TokenFlags) =>
        (await import('./token-run.ts')).revokeToken(settingsFrom(flags), name, flags.json),
      ),
    );
}

function registerCreate(token: Command): void {
  withRules(token.command('create').description('make a token for a principal, and print it once'))
    .argument('<name>', 'principal that the token proves; letters, digits, "_", "." and "-"')
    .option('--agent <pattern>', 'agent, or pattern of agents, that it may act as (default: the agent of that name)')
    .option('--operator', 'it may read metrics and states of all servers and agents (/metrics, /ready?verbose)')
    .option('--expires <when>', 'when it expires: 12h, 90d, 8w, 1y, or a date in UTC (default: never)')
    .option('--write', 'write the entry into the rules file; comments stay')
    .addHelpText(
      'after',
      `
Examples:
  $ agent-mcp-gateway token create ci --agent deployer --expires 90d --write
  $ agent-mcp-gateway token create prometheus --operator --write
  $ TOKEN=$(agent-mcp-gateway token create laptop --agent 'team.*' --write)

The token goes to standard output, everything else to standard error. Only its
hash is kept.`,
    )
    .action(
      run(async (name: string, flags: TokenFlags) => {
        const { agent, operator, ...rest } = flags;
        const { createTokenCommand } = await import('./token-run.ts');
        await createTokenCommand(settingsFrom(rest), {
          name,
          ...(agent === undefined ? {} : { agent }),
          ...(operator === undefined ? {} : { operator }),
          ...rest,
        });
      }),
    );
}

function withRules(command: Command): Command {
  return command.option('--rules <file>', 'rules file (GATEWAY_RULES)').option('--json', 'print JSON');
}

function run<A extends readonly unknown[]>(action: (...args: A) => Promise<void>): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      fail(error);
    }
  };
}
