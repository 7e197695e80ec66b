/** `secret`: values for `${secret:NAME}` in the servers file. */
import type { Command } from 'commander';
import { fail } from './output.ts';

type Commands = typeof import('./setup/secret-commands.ts');

async function run(work: (commands: Commands) => Promise<void>): Promise<void> {
  try {
    await work(await import('./setup/secret-commands.ts'));
  } catch (error) {
    fail(error);
  }
}

/** Adds the command `secret`. */
export function registerSecret(program: Command): void {
  const secret = program.command('secret').description('store, list and remove encrypted secrets of the servers file');
  secret
    .command('set')
    .description('store a value; asks for it, or reads it from standard input')
    .argument('<name>', `name, as in \${secret:NAME}`)
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway secret set GITHUB_TOKEN < token.txt')
    .action((name: string) => run(({ setSecret }) => setSecret(name)));
  secret
    .command('list')
    .description('list the names of the stored secrets')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway secret list')
    .action((flags: { readonly json?: boolean }) => run(({ listSecrets }) => listSecrets(flags.json === true)));
  secret
    .command('remove')
    .description('remove a secret')
    .argument('<name>', 'name of the secret')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway secret remove GITHUB_TOKEN')
    .action((name: string) => run(({ removeSecret }) => removeSecret(name)));
}
