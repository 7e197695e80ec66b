/** Flags that several commands share, with their help texts, and how they become settings. */
import type { Command } from 'commander';
import { type Flags, type Settings, settingsHere } from '../config/settings.ts';

/** `--mcp-config` and `--rules`. */
export function withFiles(command: Command): Command {
  return command
    .option('--mcp-config <file>', 'servers file (GATEWAY_MCP_CONFIG)')
    .option('--rules <file>', 'rules file (GATEWAY_RULES)');
}

/** `--lock`. */
export function withLock(command: Command): Command {
  return command.option('--lock <file>', 'lock file (GATEWAY_LOCK; default next to the rules file)');
}

/** Flags as commander hands them over: `--no-auth` arrives as `auth: false`. */
export type CommandFlags = Omit<Flags, 'noAuth'> & { readonly auth?: boolean };

/** Settings of this process from a command's flags. @throws GatewayError USAGE */
export function settingsFrom({ auth, ...flags }: CommandFlags): Settings {
  return settingsHere({ ...flags, ...(auth === false ? { noAuth: true } : {}) });
}
