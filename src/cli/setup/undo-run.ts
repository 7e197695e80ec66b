/** Runs `undo`, `disconnect` and `uninstall`. */
import { existsSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { runtimeDir, type Settings } from '../../config/settings.ts';
import { clientNamed } from '../../setup/client-named.ts';
import { history, listFolder, type Undone, undo, unusedKey } from '../../setup/execute.ts';
import type { Journal, JournalFile } from '../../setup/journal.ts';
import { renderUndone, shortPath } from '../../setup/render.ts';
import { GatewayError } from '../../shared/errors.ts';
import { askAll } from '../control-client.ts';
import { count } from '../count.ts';
import { print, printJson, say } from '../output.ts';
import type { UndoFlags } from '../undo.ts';
import { agree, contextHere, orGiveUp, printLines } from './context.ts';
import { undoneReport } from './report.ts';

export async function undoLast(flags: UndoFlags): Promise<void> {
  await orGiveUp(async () => {
    const { settings } = contextHere({});
    const runs = [...history(settings.configDir)].reverse();
    const chosen = flags.all === true ? runs : runs.slice(0, 1);
    if (chosen.length === 0) {
      // A run that was stopped before it changed anything may have left its drafts.
      if (flags.print !== true) await undo(settings.configDir);
      return nothing(flags);
    }
    announce(chosen, () => true, flags);
    if (!(await agree(flags, `Take ${chosen.length === 1 ? 'this' : 'all of this'} back?`))) return;
    report(await undo(settings.configDir, { all: flags.all === true }), flags);
  });
}

export async function disconnect(names: readonly string[], flags: UndoFlags): Promise<void> {
  await orGiveUp(async () => {
    const { settings } = contextHere({});
    const ids = new Set(names.map((name) => (name === 'all' ? name : clientNamed(name).id)));
    const isTheirs = ({ owner }: JournalFile): boolean => (ids.has('all') ? owner !== 'gateway' : ids.has(owner));
    const runs = history(settings.configDir).filter(({ files }) => files.some(isTheirs));
    if (runs.length === 0) return nothing(flags);
    announce([...runs].reverse(), isTheirs, flags);
    if (!(await agree(flags, 'Take this back?'))) return;
    report(await undo(settings.configDir, { all: true, only: isTheirs }), flags);
  });
}

function nothing({ json }: UndoFlags): void {
  if (json === true) printJson([]);
  else print('There is nothing to take back.');
}

function announce(runs: readonly Journal[], only: (file: JournalFile) => boolean, { json }: UndoFlags): void {
  if (json === true) return;
  for (const { label, time, state, files } of runs) {
    print(
      `${label} (${time.slice(0, 16).replace('T', ' ')} UTC)${state === 'writing' ? ', which was stopped before its end' : ''}`,
    );
    for (const { path, before } of files.filter(only))
      print(`  ${before === undefined ? 'remove ' : 'restore'} ${shortPath(path)}`);
  }
}

function report(undone: readonly Undone[], { json }: UndoFlags): void {
  if (json === true) printJson(undoneReport(undone));
  else printLines(renderUndone(undone));
  if (undone.some(({ files }) => files.some(({ outcome }) => outcome === 'kept'))) process.exitCode = 1;
}

export async function uninstall(flags: UndoFlags): Promise<void> {
  await orGiveUp(async () => {
    const { settings } = contextHere({});
    const runs = history(settings.configDir);
    const running = await gatewaysOf(settings);
    if (flags.json !== true) {
      announce([...runs].reverse(), () => true, flags);
      printLines(removals(settings, flags).map((path) => `  remove  ${shortPath(path)}`));
    }
    const question = flags.purge === true ? 'Take all of this back and remove everything?' : 'Take all of this back?';
    if (!(await agree(flags, question))) return;
    const undone = await undo(settings.configDir, { all: true });
    for (const path of removals(settings, flags)) rmSync(path, { recursive: true, force: true });
    const left = leftovers(settings);
    if (flags.json === true) printJson({ undone: undoneReport(undone), left, running });
    else {
      printLines(renderUndone(undone));
      for (const path of left) print(`Left: ${shortPath(path)}`);
    }
    if (left.length > 0 && flags.purge !== true) say('Remove what is left with "agent-mcp-gateway uninstall --purge".');
    if (running.length > 0)
      say(`${count(running.length, 'gateway')} still run (process ${running.join(', ')}): end their clients.`);
    if (undone.some(({ files }) => files.some(({ outcome }) => outcome === 'kept'))) process.exitCode = 1;
  });
}

function removals({ configDir, cacheDir }: Settings, { purge }: UndoFlags): string[] {
  const all = purge === true ? [configDir, cacheDir] : [...caches(cacheDir), ...unusedKey(configDir)];
  return all.filter((path) => existsSync(path));
}

/** The folders with what the gateway can find out again: all but the audit log. */
function caches(cacheDir: string): string[] {
  return listFolder(cacheDir)
    .filter((name) => name !== 'logs')
    .map((name) => join(cacheDir, name));
}

/** Removes folders that are empty. @returns those that stay */
function leftovers({ configDir, cacheDir }: Settings): string[] {
  for (const folder of [join(configDir, 'secrets'), join(cacheDir, 'logs'), configDir, cacheDir, dirname(cacheDir)]) {
    try {
      rmdirSync(folder);
    } catch {
      // There is something in it.
    }
  }
  return [configDir, cacheDir].flatMap((folder) => listFolder(folder).map((name) => join(folder, name)));
}

async function gatewaysOf(settings: Settings): Promise<number[]> {
  try {
    const answers = await askAll(runtimeDir(settings), { do: 'status' });
    return answers.flatMap(({ lines }) => lines.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway.pid])));
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'NOT_RUNNING') return [];
    throw error;
  }
}
