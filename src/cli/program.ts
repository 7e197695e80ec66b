import process from 'node:process';
import { Command } from 'commander';
import { CATALOGUE, GatewayError } from '../shared/errors.ts';
import { VERSION } from '../shared/version.ts';
import { registerAdd, registerRemove, registerToggles } from './add.ts';
import { registerApprovals } from './approvals-command.ts';
import { registerAudit } from './audit.ts';
import { registerAuth } from './auth.ts';
import { registerComplete, registerCompletion } from './completion.ts';
import { registerConnect } from './connect.ts';
import { registerDefinitions } from './definitions.ts';
import { registerDemo } from './demo.ts';
import { registerDoctor } from './doctor.ts';
import { registerHelp } from './help.ts';
import { registerHook } from './hook.ts';
import { registerImport } from './import.ts';
import { registerInit } from './init.ts';
import { failAsJson, printFailure, printText } from './output.ts';
import { registerPolicy } from './policy.ts';
import { registerSchemas } from './schemas.ts';
import { registerSearch } from './search.ts';
import { registerSecret } from './secret.ts';
import { registerServe } from './serve.ts';
import { registerServers } from './servers.ts';
import { registerSetup } from './setup.ts';
import { registerStats } from './stats.ts';
import { registerStatus } from './status.ts';
import { registerToken } from './token.ts';
import { registerTools } from './tools.ts';
import { registerTop } from './top.ts';
import { registerTrust } from './trust.ts';
import { registerUi } from './ui.ts';
import { registerDisconnect, registerUndo, registerUninstall } from './undo.ts';
import { registerValidate } from './validate.ts';
import { registerWarm } from './warm.ts';

/**
 * The command line; every command loads what it needs when it runs.
 * @param argv as in `process.argv`. Where it asks to serve, as clients do that wait for it, there is no other command.
 */
export function createProgram(argv: readonly string[]): Command {
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
  const [, , command = 'serve'] = argv;
  if (command !== 'serve' && argv.includes('--json')) failAsJson();
  if (command === 'serve') registerServe(program);
  else registerAll(program);
  return program;
}

/** That a command has options needs no saying. */
function subcommandTerm(command: Command): string {
  const words = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`;
    return one.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(' ');
}

/** Every command, under the heading of its group. */
function registerAll(program: Command): void {
  for (const [heading, registers] of GROUPS) {
    program.commandsGroup(heading);
    for (const register of registers) register(program);
  }
}

const GROUPS: readonly (readonly [heading: string, registers: readonly ((program: Command) => void)[]])[] = [
  ['Start:', [registerSetup, registerImport, registerConnect, registerInit, registerDemo]],
  ['Back:', [registerDisconnect, registerUndo, registerUninstall]],
  ['Run:', [registerServe, registerWarm, registerHook]],
  ['Check:', [registerStatus, registerValidate, registerDoctor, registerTrust]],
  [
    'Servers:',
    [registerAdd, registerRemove, registerToggles, registerSecret, registerServers, registerTools, registerAuth],
  ],
  ['Agents and their rights:', [registerPolicy, registerApprovals, registerDefinitions, registerToken]],
  ['Look back:', [registerUi, registerTop, registerAudit, registerStats, registerSearch]],
  ['Shell:', [registerCompletion, registerComplete, registerHelp, registerSchemas]],
];
