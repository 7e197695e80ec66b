import type { Command } from 'commander';
import { GatewayError } from '../shared/errors.ts';
import { fail } from './output.ts';

interface Options {
  readonly perAgent?: boolean;
  readonly hook?: boolean;
  readonly dir?: string;
  readonly rules?: string;
  readonly mcpConfig?: string;
}

/** Adds the command `connect`. */
export function registerConnect(program: Command): void {
  program
    .command('connect')
    .description('tell an MCP client how to reach the gateway')
    .argument('<client>', 'claude-code')
    .option('--per-agent', 'one subagent with a server entry of its own for every agent of the rules')
    .option('--hook', 'the settings with which subagents that share one entry are told apart')
    .option('--dir <dir>', 'project to write to (default: this folder)')
    .option('--mcp-config <file>', 'servers file that the entries name')
    .option('--rules <file>', 'rules file to read, and that the entries name')
    .addHelpText(
      'after',
      `
Examples:
  $ agent-mcp-gateway connect claude-code
      prints the entry for .mcp.json
  $ agent-mcp-gateway connect claude-code --per-agent
      writes .claude/agents/NAME.md for every agent
  $ agent-mcp-gateway connect claude-code --hook
      prints the entry for .claude/settings.json

Files that are there keep what is in them; one that has servers of its own is
left to you.`,
    )
    .action(async (client: string, options: Options) => {
      try {
        if (client !== 'claude-code') {
          throw new GatewayError('USAGE', 'connect knows the client claude-code only; any other takes the same entry.');
        }
        const run = await import('./connect-run.ts');
        if (options.perAgent === true) await run.connectPerAgent(options);
        else if (options.hook === true) run.printHook();
        else run.printEntry(options);
      } catch (error) {
        fail(error);
      }
    });
}
