/** `demo`: the whole gateway in ten seconds, with servers of its own. */
import type { Command } from 'commander';
import { fail } from './output.ts';

/** Adds `demo` and the hidden `demo-server`, which runs one of its servers. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('show what the gateway does, step by step, with small servers that come with it; needs no network')
    .option('--json', 'print only the figures, as JSON')
    .addHelpText(
      'after',
      `
Example:
  $ agent-mcp-gateway demo

Starts a gateway over HTTP and one over stdio in a temporary folder, and removes
it at the end.
Exit status: 0 if every step did what it says, 1 if one did not.`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      try {
        const { runDemo } = await import('./demo/run-demo.ts');
        await runDemo({ json: json === true });
      } catch (error) {
        fail(error);
      }
    });
  program
    .command('demo-server <name>', { hidden: true })
    .description('run one of the MCP servers of the demo over stdio')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway demo-server tickets')
    .action(async (name: string) => {
      try {
        const { serveDemoServer } = await import('./demo/server.ts');
        serveDemoServer(name);
      } catch (error) {
        fail(error);
      }
    });
}
