/** The context of the commands of the setup: where they run, and how they ask. */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { settingsHere } from '../../config/settings.ts';
import type { Machine } from '../../setup/client-files.ts';
import { clientNamed } from '../../setup/client-named.ts';
import type { Client } from '../../setup/clients.ts';
import { CLIENTS } from '../../setup/clients.ts';
import type { PlanContext } from '../../setup/import-plan.ts';
import { isOfNpx, type Running } from '../../setup/own-command.ts';
import { openSecrets } from '../../setup/secret-store.ts';
import { isPresent } from '../../setup/sources.ts';
import { GatewayError } from '../../shared/errors.ts';
import { print, say } from '../output.ts';

interface FileFlags {
  readonly mcpConfig?: string;
  readonly rules?: string;
}

interface AskFlags {
  readonly yes?: boolean;
  readonly print?: boolean;
  readonly json?: boolean;
}

/** @throws GatewayError USAGE */
export function contextHere({ mcpConfig, rules }: FileFlags): PlanContext {
  const settings = settingsHere({ mcpConfig, rules });
  const place: Machine = { home: settings.home, cwd: settings.cwd, env: process.env, platform: process.platform };
  return { settings, place, store: openSecrets(settings) };
}

export function runningHere(): Running {
  return { execPath: process.execPath, script: process.argv[1] ?? '' };
}

/** The warning about clients that were connected to a program that may go: npx keeps it in a cache. */
export function advice({ script }: Running): string[] {
  if (!isOfNpx(script)) return [];
  return [
    'The clients start the copy in the cache of npx. To keep it, install it and run this again:',
    '  npm install --global agent-mcp-gateway',
  ];
}

/** The clients that were named, or those that seem to be on this machine. @throws GatewayError USAGE */
export function clientsHere(names: readonly string[], place: Machine): readonly Client[] {
  if (names.length > 0) return [...new Set(names.map(clientNamed))];
  return CLIENTS.filter(
    (client) => isPresent(client, place, existsSync) || client.files(place).some(({ path }) => existsSync(path)),
  );
}

/** True if somebody can be asked. */
export function hasTerminal(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Somebody pressed Ctrl-C, or said no: nothing was changed. */
class GivenUp extends Error {}

/** The prompts, on standard error: data alone go to standard output. */
export async function prompts(): Promise<typeof import('@clack/prompts')> {
  return import('@clack/prompts');
}

/** An answer. @throws GivenUp where somebody pressed Ctrl-C */
export function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === 'symbol') throw new GivenUp();
  return answer as Exclude<T, symbol>;
}

/**
 * True if the plan that was printed is to be carried out.
 * @throws GatewayError USAGE where nobody can be asked; GivenUp
 */
export async function agree({ yes, print: isPrint }: AskFlags, question: string): Promise<boolean> {
  if (isPrint === true) return false;
  if (yes === true) return true;
  if (!hasTerminal()) {
    throw new GatewayError(
      'USAGE',
      'There is no terminal to ask on. Look at the plan, then run the command again with --yes.',
    );
  }
  const { confirm } = await prompts();
  if (answered(await confirm({ message: question, output: process.stderr }))) return true;
  throw new GivenUp();
}

/** Runs a command; giving up is no failure of it. */
export async function orGiveUp(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof GivenUp)) throw error;
    say('Nothing was changed.');
    process.exitCode = 130;
  }
}

export function printLines(lines: readonly string[]): void {
  for (const line of lines) print(line);
}
