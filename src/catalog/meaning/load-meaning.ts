/** Loads the table of meanings that comes with the program. */
import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { builtProgram } from '../../shared/built-files.ts';
import { MeaningModel } from './meaning-model.ts';

/** SHA-256 of the table. */
const TABLE_HASH = 'f161914dee92e55d65eb6577fc3b62cfd1c169ee8909959cff795381dd410680';

let loading: Promise<MeaningModel> | undefined;

/** The model, loaded once. @throws Error where the table is missing, or is another one */
export function loadMeaning(): Promise<MeaningModel> {
  loading ??= readTable().then((table) => MeaningModel.read(table));
  return loading;
}

async function readTable(): Promise<Buffer> {
  const path = builtProgram('meaning.bin') ?? builtProgram('catalog/meaning/meaning.bin');
  if (path === undefined) throw new Error('The table of meanings is missing.');
  const table = await readFile(path);
  const hash = Buffer.from(await webcrypto.subtle.digest('SHA-256', table)).toString('hex');
  if (hash !== TABLE_HASH) throw new Error('The table of meanings is not that of this version.');
  return table;
}
