import { expect, it } from 'vitest';
import { loadMeaning } from '../meaning/load-meaning.ts';
import { readToolsPage } from '../tool-entry.ts';
import type { ExplainedTool } from './explain-hits.ts';
import type { ListedServer } from './indexed-servers.ts';
import { Searcher, type SearchRequest } from './searcher.ts';

const office: ListedServer = {
  name: 'office',
  description: 'Bookkeeping',
  entries:
    readToolsPage(
      JSON.stringify({
        tools: [
          { name: 'list_unpaid_invoices', description: 'List invoices that customers have not settled yet' },
          { name: 'send_invoice', description: 'Send an invoice to a customer' },
          { name: 'resize_image', description: 'Change width and height of an image' },
          { name: 'send_secret', description: 'Send a secret invoice' },
        ],
      }),
      false,
    )?.tools ?? [],
};
const ownModel = async () => ({ model: await loadMeaning() });
const request = (query: string, more: Partial<SearchRequest> = {}): SearchRequest => ({
  query,
  limit: 5,
  servers: [office],
  policy: {},
  who: 'agent',
  permitted: (_, tool) => tool !== 'send_secret',
  signal: new AbortController().signal,
  ...more,
});
const partsOf = ({ words, siblings, meaning, use, sentence }: ExplainedTool): number =>
  words.score + siblings + meaning.score + use + sentence;

it('explains exactly what a search finds, by parts that add up', async () => {
  const searcher = new Searcher({ compare: () => Promise.resolve(undefined) }, ownModel);
  const suggestions = [{ server: 'office', tool: 'resize_image', strength: 0.2 }];
  for (const query of ['send the invioce', 'who owes us money', 'list bills. then send one to a client', 'zzyzx', '']) {
    for (const asked of [request(query), request(query, { suggestions })]) {
      const found = await searcher.search(asked);
      const { tools, model } = await searcher.explain(asked);
      expect(model).toBe('own');
      expect(tools.map(({ tool }) => tool)).toEqual(found.map(({ entry }) => entry.name));
      expect(tools.map(({ tool }) => tool)).not.toContain('send_secret');
      for (const tool of tools) {
        expect(partsOf(tool), query).toBeCloseTo(tool.score, 6);
        const fields = Object.values(tool.words.fields).reduce((sum, one) => sum + one, 0);
        expect(fields).toBeCloseTo(tool.words.score, 6);
      }
    }
  }
});

it('says which words stand for those of the question, where, and how near the meaning is', async () => {
  const searcher = new Searcher({ compare: () => Promise.resolve(undefined) }, ownModel);
  const { tools, weight } = await searcher.explain(request('send the invioce'));
  const [first] = tools;
  expect(first).toMatchObject({ tool: 'send_invoice', rank: 1, words: { rank: 1, completeness: 1 } });
  expect(first?.words.matches.map(({ word, how }) => [word, how])).toEqual([
    ['send', 'word'],
    ['invioce', 'spelling'],
  ]);
  expect(Object.keys(first?.words.fields ?? {})).toEqual(['name', 'description']);
  expect(weight).toMatchObject({ words: 2, known: 0.5 });
  const owed = (await searcher.explain(request('who owes us money'))).tools[0];
  expect(owed).toMatchObject({ tool: 'list_unpaid_invoices', words: { score: 0, matches: [] }, meaning: { rank: 1 } });
  expect(owed?.words.rank).toBeUndefined();
  expect(owed?.meaning.cosine).toBeGreaterThan(0.25);
});

it('says where words alone decide, and what was learned', async () => {
  const searcher = new Searcher({ compare: () => Promise.resolve(undefined) }, () => Promise.resolve(undefined));
  const suggestions = [
    { server: 'office', tool: 'resize_image', strength: 1 },
    { server: 'office', tool: 'send_secret', strength: 1 },
  ];
  const { tools, model, weight } = await searcher.explain(request('invoice', { suggestions }));
  expect([model, weight]).toEqual(['none', undefined]);
  expect(tools[0]).toMatchObject({ tool: 'resize_image', words: { score: 0 }, meaning: { score: 0 } });
  expect(tools[0]?.use).toBeGreaterThan(0);
  expect(JSON.stringify(tools)).not.toContain('secret');
});
