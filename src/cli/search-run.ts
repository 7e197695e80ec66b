import { openUses } from '../catalog/uses/file.ts';
import type { Use } from '../catalog/uses/uses.ts';
import type { Settings } from '../config/settings.ts';
import { print, printJson, say } from './output.ts';
import type { SearchFlags } from './search.ts';
import { table } from './table.ts';

const HEAD = ['agent', 'times', 'last', 'server', 'tool', 'words'];

/** Prints what is remembered. */
export async function learned(settings: Settings, { agent, json }: SearchFlags): Promise<void> {
  const file = openUses(settings.cacheDir);
  const uses = (await file.read()).filter((use) => agent === undefined || use.agent === agent);
  if (json === true) return printJson(uses);
  if (uses.length === 0) return say(`Nothing is remembered in ${file.path}.`);
  for (const line of table([HEAD, ...uses.map(row)])) print(line);
}

function row({ agent, count, last, server, tool, words }: Use): string[] {
  return [agent, String(count), last, server, tool, words.join(' ')];
}

/** Forgets it. @throws what the file system does */
export async function forget(settings: Settings, { agent, json }: SearchFlags): Promise<void> {
  let forgotten = 0;
  await openUses(settings.cacheDir).update((uses) => {
    const kept = agent === undefined ? [] : uses.filter((use) => use.agent !== agent);
    forgotten = uses.length - kept.length;
    return forgotten === 0 ? uses : kept;
  });
  if (json === true) return printJson({ forgotten });
  say(forgotten === 0 ? 'Nothing was remembered.' : `Forgotten: ${forgotten} ${forgotten === 1 ? 'use' : 'uses'}.`);
}
