/** `sandbox`: what a server in a sandbox has to reach. */
import type { Command } from 'commander';
import { type CommandFlags, settingsFrom, withFiles } from './flags.ts';
import { fail } from './output.ts';

/** Adds the command `sandbox`. */
export function registerSandbox(program: Command): void {
  const sandbox = program.command('sandbox').description('what the sandbox of a server has to let it reach');
  withFiles(sandbox.command('suggest <server>'))
    .description('start a server, watch what it opens, and print the smallest sandbox for that')
    .option('--timeout-ms <ms>', 'milliseconds for its start', '60000')
    .addHelpText(
      'after',
      `
The server runs without a sandbox meanwhile, until it has listed its tools. Add
what its tools need later. Needs Linux and strace.

Example:
  $ agent-mcp-gateway sandbox suggest github`,
    )
    .action(async (name: string, flags: CommandFlags & { readonly timeoutMs: string }) => {
      try {
        const { suggest } = await import('./sandbox/suggest.ts');
        await suggest(settingsFrom(flags), name, flags.timeoutMs);
      } catch (error) {
        fail(error);
      }
    });
}
