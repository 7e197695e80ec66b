/** Flags that several commands share, with their help texts, and how they become settings. */
import { homedir } from 'node:os';
import process from 'node:process';
import type { Command } from 'commander';
import { type Flags, resolveSettings, type Settings } from '../config/settings.ts';

/** `--mcp-config` and `--rules`. */
export function withFiles(command: Command): Command {
  return command
    .option('--mcp-config <file>', 'servers file (GATEWAY_MCP_CONFIG)')
    .option('--rules <file>', 'rules file (GATEWAY_RULES)');
}

/** Settings of this process from a command's flags. @throws GatewayError USAGE */
export function settingsFrom(flags: CommandFlags): Settings {
  const { auth, ...rest } = flags;
  const place = { cwd: process.cwd(), home: homedir() };
  return resolveSettings({ ...rest, ...(auth === false ? { noAuth: true } : {}) }, process.env, place);
}

/** Flags as commander hands them over: `--no-auth` arrives as `auth: false`. */
export type CommandFlags = Omit<Flags, 'noAuth'> & { readonly auth?: boolean };
