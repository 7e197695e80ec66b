/** Loads the table of meanings that comes with the program. */
import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { builtProgram } from '../../shared/built-files.ts';
import type { Log } from '../../upstream/contract.ts';
import { KeptDirections } from './kept-directions.ts';
import { MeaningModel } from './meaning-model.ts';

/** SHA-256 of the table, and of the near words of its words. */
const TABLE_HASH = 'f161914dee92e55d65eb6577fc3b62cfd1c169ee8909959cff795381dd410680';
const NEAR_HASH = 'f664bb6fbeb8f6fd47c6089940f9ec49caa5857bfe5875466b28f3ec73420caf';

/** The version of how the text of a definition becomes a direction (`Meaning.of`). */
const TEXTS = 1;

let loading: Promise<MeaningModel> | undefined;

/** The model, loaded once. @throws Error where the table is missing, or is another one */
export function loadMeaning(): Promise<MeaningModel> {
  loading ??= Promise.all([readFileOf('meaning.bin', TABLE_HASH), readFileOf('near-words.bin', NEAR_HASH)]).then(
    ([table, near]) => MeaningModel.read(table, near),
  );
  return loading;
}

/** The model with what is kept of what it said before. @param folder for the file with that. @throws as `loadMeaning` */
export async function loadKeptMeaning(
  folder: string,
  log: Log,
): Promise<{ model: MeaningModel; kept: KeptDirections }> {
  const kept = new KeptDirections(folder, `${TABLE_HASH.slice(0, 16)}-${TEXTS}`, log);
  const [model] = await Promise.all([loadMeaning(), kept.load()]);
  return { model, kept };
}

async function readFileOf(name: string, expected: string): Promise<Buffer> {
  const path = builtProgram(name) ?? builtProgram(`catalog/meaning/${name}`);
  if (path === undefined) throw new Error('The table of meanings is missing.');
  const table = await readFile(path);
  const hash = Buffer.from(await webcrypto.subtle.digest('SHA-256', table)).toString('hex');
  if (hash !== expected) throw new Error('The table of meanings is not that of this version.');
  return table;
}
