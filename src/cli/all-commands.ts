/** All commands; not loaded where the gateway only serves. */
import type { Command } from 'commander';
import { registerAdd, registerRemove, registerToggles } from './add.ts';
import { registerApprovals } from './approvals-command.ts';
import { registerAudit } from './audit.ts';
import { registerAuth } from './auth.ts';
import { registerComplete, registerCompletion } from './completion.ts';
import { registerConnect } from './connect.ts';
import { registerDefinitions } from './definitions.ts';
import { registerDemo } from './demo.ts';
import { registerDoctor } from './doctor.ts';
import { registerFlow } from './flow-command.ts';
import { registerHelp } from './help.ts';
import { registerHook } from './hook.ts';
import { registerImport } from './import.ts';
import { registerInit } from './init.ts';
import { registerPolicy } from './policy.ts';
import { registerSandbox } from './sandbox-command.ts';
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

/** Every command, under the heading of its group. */
export function registerAll(program: Command): void {
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
    [
      registerAdd,
      registerRemove,
      registerToggles,
      registerSecret,
      registerServers,
      registerSandbox,
      registerTools,
      registerAuth,
    ],
  ],
  ['Agents and their rights:', [registerPolicy, registerApprovals, registerFlow, registerDefinitions, registerToken]],
  ['Look back:', [registerUi, registerTop, registerAudit, registerStats, registerSearch]],
  ['Shell:', [registerCompletion, registerComplete, registerHelp, registerSchemas]],
];
