import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ToolEntry } from '../entry.ts';
import { readToolsPage } from '../entry.ts';
import { createSearcher, type ListedServer, type SearchRequest } from './searcher.ts';

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
  ...more,
});

describe('the searcher', () => {
  it('follows what servers list, and what the policy says', () => {
    const searcher = createSearcher();
    const policy = {};
    const names = (servers: readonly ListedServer[], more: Partial<SearchRequest> = {}): string[] =>
      searcher.search(request(servers, 'read page', { policy, ...more })).map(({ entry }) => entry.name);
    const one = server('one', [{ name: 'read_page' }, { name: 'read_book' }]);
    expect(names([one])).toEqual(['read_page', 'read_book']);
    expect(names([one], { policy: {}, permitted: (_, tool) => tool !== 'read_page' })).toEqual(['read_book']);
    expect(names([server('one', [{ name: 'page' }])])).toEqual(['page']);
    expect(names([one, server('two', [{ name: 'read_pages' }])])).toHaveLength(3);
    searcher.retain(new Set(['two']));
    expect(names([])).toEqual([]);
  });

  it('gives one definition on several servers one place', () => {
    const tools = [{ name: 'read_page', description: 'Reads a page' }];
    const copies = Array.from({ length: 30 }, (_, at) => server(`copy-${at}`, tools));
    const other = server('other', [{ name: 'list_pages', description: 'All pages' }]);
    const found = createSearcher().search(request([...copies, other], 'read a page'));
    expect(found.map(({ entry }) => entry.name)).toEqual(['read_page', 'list_pages']);
    expect(found[0]?.alsoOn).toHaveLength(29);
  });

  it('gives the same bytes with a denied tool and without it', () => {
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
    fc.assert(
      fc.property(tools, tools, word, query, fc.boolean(), (first, second, denied, asked, whole) => {
        const isDenied = (name: string, tool: string): boolean => (whole ? name === 'b' : tool.includes(denied));
        const left = (name: string, list: readonly { name: string }[]) =>
          list.filter((one) => !isDenied(name, one.name));
        const all = [server('a', first), server('b', second)];
        const some = [server('a', left('a', first)), server('b', left('b', second))];
        const permitted = (name: string, tool: string): boolean => !isDenied(name, tool);
        const withThem = createSearcher().search(request(all, asked, { permitted }));
        const without = createSearcher().search(request(some, asked));
        const bytes = (found: typeof without) =>
          JSON.stringify(found.map(({ server, entry, alsoOn }) => [server, entry.raw, alsoOn]));
        expect(bytes(withThem)).toBe(bytes(without));
      }),
    );
  });
});
