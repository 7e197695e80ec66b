import { expect, it } from 'vitest';
import { loadMeaning } from '../meaning/load-meaning.ts';
import { MeaningModel } from '../meaning/meaning-model.ts';
import { NearWords } from '../meaning/near-words.ts';
import { readToolsPage } from '../tool-entry.ts';
import type { ListedServer } from './indexed-servers.ts';
import type { LoadedMeaning } from './meaning.ts';
import { Searcher } from './searcher.ts';

const server = (name: string, tools: Readonly<Record<string, string>>): ListedServer => ({
  name,
  description: undefined,
  entries:
    readToolsPage(
      JSON.stringify({ tools: Object.entries(tools).map(([tool, description]) => ({ name: tool, description })) }),
      false,
    )?.tools ?? [],
});

const OFFICE = server('office', {
  list_unpaid_invoices: 'List invoices that customers have not settled yet',
  resize_image: 'Change width and height of an image',
  post_message: 'Post a message to a channel',
  get_forecast: 'Get the weather forecast for a city',
});
const ownModel = async (): Promise<LoadedMeaning> => ({ model: await loadMeaning() });
const newSearcher = (loadModel: () => Promise<LoadedMeaning | undefined> = ownModel): Searcher =>
  new Searcher({ compare: () => Promise.resolve(undefined) }, loadModel);
const find = async (
  searcher: Searcher,
  query: string,
  servers: readonly ListedServer[] = [OFFICE],
  permitted: (server: string, tool: string) => boolean = () => true,
): Promise<string[]> => {
  const signal = new AbortController().signal;
  const request = { query, limit: 5, servers, policy: {}, who: 'agent', permitted, signal };
  return (await searcher.search(request)).map(({ entry }) => entry.name);
};

it.each([
  ['who owes us money', 'list_unpaid_invoices'],
  ['make the picture smaller', 'resize_image'],
  ['will it rain tomorrow', 'get_forecast'],
])('finds by meaning what words do not say: %s', async (query, tool) => {
  expect((await find(newSearcher(), query))[0]).toBe(tool);
});

it('knows words that are near to a word, each in one form', async () => {
  const model = await loadMeaning();
  const near = model.near('owes');
  expect(near.map(({ stem }) => stem)).toEqual(expect.arrayContaining(['debt']));
  expect(near.every(({ cosine }) => cosine >= 0.39 && cosine < 1)).toBe(true);
  expect(new Set(near.map(({ stem }) => stem)).size).toBe(near.length);
  expect(model.near('owes')).toBe(near);
  expect([model.near('zzyzx'), model.near('##ing'), model.near('')]).toEqual([[], [], []]);
  expect(() => new NearWords(Buffer.from([1, 0, 0, 0]), 2)).not.toThrow();
  expect(() => new NearWords(Buffer.from([2, 0, 0, 0]), 2)).toThrow('no near words');
});

it('finds by words alone where there is no model', async () => {
  const searcher = newSearcher(() => Promise.resolve(undefined));
  expect(await find(searcher, 'who owes us money')).toEqual([]);
  expect(await find(searcher, 'invoices')).toEqual(['list_unpaid_invoices']);
});

it('finds nothing where nothing is near', async () => {
  expect(await find(newSearcher(), 'zzyzx qwfp')).toEqual([]);
  expect(await find(newSearcher(), '未払いの請求書')).toEqual([]);
  expect(await find(newSearcher(), '')).toEqual([]);
  // Made of pieces, which mean nothing here.
  expect(await find(newSearcher(), 'Rechnungen verkleinern')).toEqual([]);
  // Words of other languages that English texts have as well.
  expect(await find(newSearcher(), 'Wie wird das Foto kleiner?')).toEqual([]);
  expect(await find(newSearcher(), '¿Cómo está el tiempo mañana?')).toEqual([]);
});

it('gives the same with a denied tool and without it', async () => {
  const secret = server('more', { settle_debts: 'Collects money from debtors', send_mail: 'Sends a mail' });
  const open = server('more', { send_mail: 'Sends a mail' });
  for (const query of ['who owes us money', 'write to a friend', 'mail']) {
    const permitted = (_: string, tool: string) => tool !== 'settle_debts';
    expect(await find(newSearcher(), query, [OFFICE, secret], permitted)).toEqual(
      await find(newSearcher(), query, [OFFICE, open]),
    );
  }
});

it('follows what servers list, before and after somebody first searched', async () => {
  const searcher = newSearcher();
  searcher.learn(server('pets', { get_hound: 'Shows a dog' }));
  expect(await find(searcher, 'puppy', [server('pets', { get_hound: 'Shows a dog' })])).toEqual(['get_hound']);
  const changed = server('pets', { get_hound: 'Shows a dog', get_feline: 'Shows a cat' });
  searcher.learn(changed);
  expect((await find(searcher, 'kitten', [changed]))[0]).toBe('get_feline');
  expect((await find(searcher, 'puppy', [changed]))[0]).toBe('get_hound');
});

it.each(['{"version":2}\n', '{"version":1,"dimensions":4,"pieces":1,"text":1}\na'])(
  'says which bytes are no table: %s',
  async (bytes) => {
    await expect(MeaningModel.read(Buffer.from(bytes), Buffer.alloc(0))).rejects.toThrow('no table');
  },
);
