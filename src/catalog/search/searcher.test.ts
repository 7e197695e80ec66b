import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmbeddingsDefinition } from '../../config/snapshot.ts';
import type { ToolEntry } from '../tool-entry.ts';
import { readToolsPage } from '../tool-entry.ts';
import type { ListedServer } from './indexed-servers.ts';
import { Searcher, type SearchRequest } from './searcher.ts';

const entries = (tools: readonly object[]): readonly ToolEntry[] =>
  readToolsPage(JSON.stringify({ tools }), false)?.tools ?? [];
const server = (name: string, tools: readonly object[]): ListedServer => ({
  name,
  description: undefined,
  entries: entries(tools),
});
const request = (
  servers: readonly ListedServer[],
  query: string,
  more: Partial<SearchRequest> = {},
): SearchRequest => ({
  query,
  limit: 5,
  servers,
  policy: {},
  who: 'agent',
  permitted: () => true,
  signal: new AbortController().signal,
  ...more,
});

const noModel = () => Promise.resolve(undefined);

/** Words alone. */
const wordSearcher = (): Searcher => new Searcher({ compare: () => Promise.resolve(undefined) }, noModel);

describe('the searcher', () => {
  it('follows what servers list, and what the policy says', async () => {
    const searcher = wordSearcher();
    const policy = {};
    const names = async (servers: readonly ListedServer[], more: Partial<SearchRequest> = {}): Promise<string[]> =>
      (await searcher.search(request(servers, 'read page', { policy, ...more }))).map(({ entry }) => entry.name);
    const one = server('one', [{ name: 'read_page' }, { name: 'read_book' }]);
    expect(await names([one])).toEqual(['read_page', 'read_book']);
    expect(await names([one], { policy: {}, permitted: (_, tool) => tool !== 'read_page' })).toEqual(['read_book']);
    expect(await names([server('one', [{ name: 'page' }])])).toEqual(['page']);
    expect(await names([one, server('two', [{ name: 'read_pages' }])])).toHaveLength(3);
    searcher.retain(new Set(['two']));
    expect(await names([])).toEqual([]);
  });

  it('takes in large lists in slices, and forgets what is listed no more', async () => {
    const searcher = wordSearcher();
    const policy = {};
    const unique = (round: number) =>
      Array.from({ length: 6000 }, (_, at) => ({
        name: `t${at}`,
        description: Array.from(
          { length: 20 },
          (_, n) => `w${'abcdefghij'.charAt(n % 10)}${at.toString(26)}r${round}`,
        ).join(' '),
      }));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const calm = server('calm', [{ name: 'read_page' }]);
    for (let round = 0; round < 3; round++) {
      const lists = [calm, server('large', [...unique(round), { name: 'find_needle' }])];
      const found = await searcher.search(request(lists, 'read page', { policy }));
      expect(found[0]?.entry.name).toBe('read_page');
      // Its words are beyond what one server may add; it has others that are known.
      expect(await searcher.search(request(lists, 'page read', { policy }))).not.toEqual([]);
    }
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    expect(await searcher.search(request([calm, server('large', [])], 'needle', { policy }))).toEqual([]);
  });

  it('takes in the newest of two lists that come at one time', async () => {
    const searcher = wordSearcher();
    const [old, now] = [server('one', [{ name: 'read_page' }]), server('one', [{ name: 'read_book' }])];
    searcher.learn(old);
    searcher.learn(now);
    expect((await searcher.search(request([now], 'read')))[0]?.entry.name).toBe('read_book');
    searcher.learn(old);
    searcher.retain(new Set());
    expect((await searcher.search(request([now], 'read')))[0]?.entry.name).toBe('read_book');
    expect(await searcher.search(request([now], 'page'))).toEqual([]);
  });

  it('gives one definition on several servers one place', async () => {
    const tools = [{ name: 'read_page', description: 'Reads a page' }];
    const copies = Array.from({ length: 30 }, (_, at) => server(`copy-${at}`, tools));
    const other = server('other', [{ name: 'list_pages', description: 'All pages' }]);
    const found = await wordSearcher().search(request([...copies, other], 'read a page'));
    expect(found.map(({ entry }) => entry.name)).toEqual(['read_page', 'list_pages']);
    expect(found[0]?.alsoOn).toHaveLength(29);
  });

  it('gives the same bytes with a denied tool and without it, by words, by meaning and with what was learned', async () => {
    const word = fc.constantFrom('read', 'page', 'pages', 'write', 'file', 'find', 'isue', 'issue');
    const tool = fc.record({
      name: fc.tuple(word, word).map((parts) => parts.join('_')),
      description: fc.array(word, { maxLength: 6 }).map((parts) => parts.join(' ')),
      inputSchema: fc.record({
        type: fc.constant('object'),
        properties: fc.dictionary(word, fc.constant({ type: 'string' })),
      }),
    });
    const tools = fc.uniqueArray(tool, { maxLength: 8, selector: ({ name }) => name });
    const query = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
    const used = fc.record({
      server: fc.constantFrom('a', 'b'),
      tool: fc.tuple(word, word).map((parts) => parts.join('_')),
      strength: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const more = fc.record({ means: fc.boolean(), suggestions: fc.array(used, { maxLength: 6 }) });
    await fc.assert(
      fc.asyncProperty(
        tools,
        tools,
        word,
        query,
        fc.boolean(),
        more,
        async (first, second, denied, asked, whole, mix) => {
          const isDenied = (name: string, tool: string): boolean => (whole ? name === 'b' : tool.includes(denied));
          const left = (name: string, list: readonly { name: string }[]) =>
            list.filter((one) => !isDenied(name, one.name));
          const all = [server('a', first), server('b', second)];
          const some = [server('a', left('a', first)), server('b', left('b', second))];
          const permitted = (name: string, tool: string): boolean => !isDenied(name, tool);
          const { suggestions } = mix;
          const options = mix.means ? { suggestions, embeddings: EMBEDDINGS } : { suggestions };
          const withThem = await meaningSearcher().search(request(all, asked, { permitted, ...options }));
          const without = await meaningSearcher().search(request(some, asked, options));
          const bytes = (found: typeof without) =>
            JSON.stringify(found.map(({ server, entry, alsoOn }) => [server, entry.raw, alsoOn]));
          expect(bytes(withThem)).toBe(bytes(without));
        },
      ),
      { numRuns: process.env['LONG'] === undefined ? 300 : 5000 },
    );
  });

  it('asks for the meaning of permitted tools only, and ranks by it what no word finds', async () => {
    const asked: string[] = [];
    const searcher = new Searcher(
      {
        compare: (_, query, texts) => {
          asked.push(query, ...texts.map((text) => text.read()));
          return Promise.resolve(texts.map((text) => (text.read().includes('hound') ? 0.9 : 0.1)));
        },
      },
      noModel,
    );
    const pets = server('pets', [{ name: 'get_cat' }, { name: 'get_hound' }, { name: 'get_secret' }]);
    const permitted = (_: string, tool: string): boolean => tool !== 'get_secret';
    const found = await searcher.search(request([pets], 'puppy', { permitted, embeddings: EMBEDDINGS }));
    expect(found[0]?.entry.name).toBe('get_hound');
    expect(asked).toEqual(['puppy', 'pets get_cat: ', 'pets get_hound: ']);
  });

  it('raises what was used, and finds it by words that no tool has', async () => {
    const searcher = wordSearcher();
    const one = server('one', [{ name: 'read_page' }, { name: 'read_book' }, { name: 'trigger_incident' }]);
    const suggestions = [{ server: 'one', tool: 'trigger_incident', strength: 0.5 }];
    const first = async (query: string): Promise<string | undefined> =>
      (await searcher.search(request([one], query, { suggestions })))[0]?.entry.name;
    expect(await first('wake whoever is responsible')).toBe('trigger_incident');
    expect(await first('read page')).toBe('read_page');
  });
});

const EMBEDDINGS: EmbeddingsDefinition = {
  key: 'k',
  url: 'http://127.0.0.1:9/embeddings',
  model: 'm',
  dimensions: undefined,
  apiKey: undefined,
  timeoutMs: 1000,
  queryPrefix: '',
  toolPrefix: '',
};

/** Words, and meanings that depend on each text alone. */
function meaningSearcher(): Searcher {
  const spread = (text: string): number =>
    Array.from(text).reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 97, 7);
  return new Searcher(
    {
      compare: (_, query, texts) => Promise.resolve(texts.map((text) => (spread(text.read() + query) - 48) / 49)),
    },
    noModel,
  );
}
