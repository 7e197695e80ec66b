/** `add`, `remove`, `enable` and `disable`: one entry of the servers file. */
import type { Command } from 'commander';
import { fail } from './output.ts';

export interface AddFlags {
  readonly url?: string;
  readonly header?: readonly string[];
  readonly env?: readonly string[];
  readonly transport?: string;
  readonly scope?: string;
  readonly bearerTokenEnvVar?: string;
  readonly description?: string;
  readonly cwd?: string;
  readonly from?: string;
  readonly registry?: string;
  readonly keepSecrets?: boolean;
  readonly force?: boolean;
  readonly mcpConfig?: string;
  readonly json?: boolean;
}

export interface EntryFlags {
  readonly mcpConfig?: string;
  readonly json?: boolean;
}

type Commands = typeof import('./setup/entry-commands.ts');

async function run(work: (commands: Commands) => Promise<void>): Promise<void> {
  try {
    await work(await import('./setup/entry-commands.ts'));
  } catch (error) {
    fail(error);
  }
}

const collect = (value: string, all: readonly string[] = []): string[] => [...all, value];

/** Adds the command `add`. */
export function registerAdd(program: Command): void {
  program
    .command('add')
    .description('add a server')
    .argument('<name>', 'name of the server')
    .argument('[command-or-url]', 'program to start, or address')
    .argument('[args...]', 'arguments of the program; behind -- where they begin with a dash')
    .option('--url <url>', 'address of an HTTP server')
    .option('-H, --header <header>', '"Name: value" for every request; may be repeated', collect)
    .option('-e, --env <name=value>', 'variable of the program; may be repeated', collect)
    .option('-t, --transport <kind>', 'stdio, http or sse')
    .option('--bearer-token-env-var <name>', 'variable of the environment with the bearer token')
    .option('--cwd <dir>', 'folder that the program runs in')
    .option('--description <text>', 'description that agents read')
    .option('--from <name>', 'take it from a registry, by its name there')
    .option('--registry <url>', 'address or file of the registry (default: the official one)')
    .option('--keep-secrets', 'leave literal secrets in the servers file')
    .option('--force', 'replace a server of this name')
    .option('-s, --scope <scope>', 'accepted for the syntax of other clients, and without effect')
    .option('--mcp-config <file>', 'servers file to write to')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Secrets go into the encrypted store, unless --keep-secrets. Comments of the file
stay.

Examples:
  $ agent-mcp-gateway add memory -- npx -y @modelcontextprotocol/server-memory
  $ agent-mcp-gateway add sentry --url https://mcp.sentry.dev/mcp
  $ agent-mcp-gateway add api https://example.com/mcp -H "X-Api-Key: abc"
  $ agent-mcp-gateway add db --env DB=postgres://localhost/db -- npx -y db
  $ agent-mcp-gateway add files --from io.github.example/files`,
    )
    .action((name: string, target: string | undefined, args: string[], flags: AddFlags) =>
      run(({ add }) => add(name, target, args, flags)),
    );
}

/** Adds the command `remove`. */
export function registerRemove(program: Command): void {
  program
    .command('remove')
    .description('remove a server')
    .argument('<name>', 'name of the server')
    .option('--mcp-config <file>', 'servers file to write to')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ agent-mcp-gateway remove memory')
    .action((name: string, flags: EntryFlags) => run(({ remove }) => remove(name, flags)));
}

/** Adds the commands `enable` and `disable`. */
export function registerToggles(program: Command): void {
  for (const what of ['enable', 'disable'] as const) {
    program
      .command(what)
      .description(what === 'enable' ? 'switch a server on' : 'switch a server off; its entry stays')
      .argument('<name>', 'name of the server')
      .option('--mcp-config <file>', 'servers file to write to')
      .option('--json', 'print JSON')
      .addHelpText('after', `\nExample:\n  $ agent-mcp-gateway ${what} memory`)
      .action((name: string, flags: EntryFlags) => run(({ toggle }) => toggle(name, what === 'enable', flags)));
  }
}
