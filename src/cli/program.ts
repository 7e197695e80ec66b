import process from 'node:process';
import { Command } from 'commander';
import { CATALOGUE, GatewayError } from '../shared/errors.ts';
import { VERSION } from '../shared/version.ts';
import { failAsJson, printFailure, printText } from './output.ts';
import { registerServe } from './serve.ts';

/**
 * The command line; every command loads what it needs when it runs.
 * @param argv as in `process.argv`. Where it asks to serve, as clients do that wait for it, there is no other command.
 */
export async function createProgram(argv: readonly string[]): Promise<Command> {
  const program = new Command('agent-mcp-gateway')
    .description('One MCP server in front of all your MCP servers, with rules per agent.')
    .version(VERSION, '--version')
    .showHelpAfterError('Run with --help for usage.')
    .configureOutput({ writeOut: printText })
    .exitOverride((end) => {
      // Printed output may still fail to be written.
      if (end.exitCode === 0) throw end;
      // Commander has said it on stderr already.
      printFailure(new GatewayError('USAGE', end.message.replace(/^error: /, '')));
      process.exit(CATALOGUE.USAGE.exit);
    })
    .configureHelp({ subcommandTerm, minWidthToWrap: 20 });
  const isServing = servesOnly(argv);
  if (!isServing && argv.includes('--json')) failAsJson();
  if (isServing) registerServe(program);
  else (await import('./all-commands.ts')).registerAll(program);
  return program;
}

/** True if there is no other command: `serve` may be left out before its options. */
function servesOnly([, , first = 'serve', ...others]: readonly string[]): boolean {
  return first === 'serve' || (first.startsWith('-') && ![first, ...others].some((word) => ABOUT_ALL.has(word)));
}

const ABOUT_ALL: ReadonlySet<string> = new Set(['-h', '--help', '--version']);

/** That a command has options needs no saying. */
function subcommandTerm(command: Command): string {
  const words = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`;
    return one.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(' ');
}
