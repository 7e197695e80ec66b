/** `import`: the servers of clients, behind the gateway. */
import type { Command } from 'commander';
import { fail } from './output.ts';

export interface ImportFlags {
  readonly from?: string;
  readonly keepSecrets?: boolean;
  readonly approvals?: boolean;
  readonly scan?: boolean;
  readonly mcpConfig?: string;
  readonly rules?: string;
  readonly yes?: boolean;
  readonly print?: boolean;
  readonly json?: boolean;
}

/** Adds the command `import`. */
export function registerImport(program: Command): void {
  program
    .command('import')
    .description('copy the servers of your clients, with their rules and secrets')
    .argument('[client...]', 'clients to read (default: all that are found)')
    .option('--from <file>', 'read this file only; the client says its format')
    .option('--keep-secrets', 'leave literal secrets where they are, in the servers file')
    .option('--no-approvals', 'do not turn the tools that a client approves by itself into rules')
    .option('--scan', 'afterwards start the servers for a moment and scan their texts for hidden orders')
    .option('--mcp-config <file>', 'servers file to write to')
    .option('--rules <file>', 'rules file to write to')
    .option('--yes', 'carry out the plan without asking')
    .option('--print', 'print the plan and change nothing')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Servers that are there already, or that two clients have, are taken once. The
files of the clients stay as they are; "connect" changes those. No value that
may be secret is printed.

Examples:
  $ agent-mcp-gateway import --print
  $ agent-mcp-gateway import cursor vscode --yes`,
    )
    .action(async (clients: string[], flags: ImportFlags) => {
      try {
        await (await import('./setup/import-run.ts')).importServers(clients, flags);
      } catch (error) {
        fail(error);
      }
    });
}
