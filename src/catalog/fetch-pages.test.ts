import { describe, expect, it } from 'vitest';
import type { UpstreamConnection } from '../upstream/contract.ts';
import { fetchTools } from './fetch-tools.ts';
import { filled } from './page-frame.ts';

/** A connection to a server that lists these pages: members of the result besides the cursor. */
function linkOf(pages: (at: number) => string, count: number): UpstreamConnection & { asked: number } {
  const facts = { capabilities: { tools: {} }, instructions: undefined };
  const link = {
    facts,
    asked: 0,
    async request(_method: string, params: string) {
      link.asked++;
      const at = Number(/"cursor":"(\d+)"/.exec(params)?.[1] ?? 0);
      const next = at + 1 < count ? `,"nextCursor":"${at + 1}"` : '';
      const text = `{${pages(at)}${next}}`;
      return { ok: true, result: { text, metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined } };
    },
  };
  return link as unknown as UpstreamConnection & { asked: number };
}

const tool = (name: string, description = ''): string => JSON.stringify({ name, description });

async function fetched(pages: (at: number) => string, count = 1) {
  const warnings: string[] = [];
  const link = linkOf(pages, count);
  const options = { server: 's', timeoutMs: 1000, hasHeaders: false, warn: (what: string) => void warnings.push(what) };
  const list = await fetchTools(link, options);
  return { list, names: list.entries.map(({ name }) => name), warnings, asked: link.asked };
}

const MIB = 1024 * 1024;

describe('a list that is large', () => {
  it('leaves out a definition that is too long, and keeps the others', async () => {
    const page = `"tools":[${tool('a')},${tool('b', 'x'.repeat(MIB))},${tool('c')}]`;
    const { names, warnings } = await fetched(() => page);
    expect(names).toEqual(['a', 'c']);
    expect(warnings).toEqual([expect.stringMatching(/"b.*longer than 1 MiB/)]);
  });

  it.each([
    ['definitions', (at: number) => `"tools":[${tool(`t${at}`, 'x'.repeat(900_000))}]`, 100, 10],
    ['entries', (at: number) => `"tools":[${Array.from({ length: 700 }, (_, n) => tool(`t${at}-${n}`))}]`, 100, 15],
    ['pages', (at: number) => `"tools":[${tool(`t${at}`)}]`, 1000, 100],
    ['text', (at: number) => `"tools":[${tool(`t${at}`)},${tool('long', 'x'.repeat(15 * MIB))}]`, 100, 3],
    ['text besides', (at: number) => `"x":"${'x'.repeat(15 * MIB)}","tools":[${tool(`t${at}`)}]`, 100, 3],
  ])('ends at the bound of %s, with a warning that names the server', async (_what, pages, count, asked) => {
    const { list, names, warnings, asked: pagesAsked } = await fetched(pages, count);
    expect(pagesAsked).toBe(asked);
    expect(names[0]).toMatch(/^t0/);
    expect(names.length).toBeGreaterThan(2);
    expect(warnings.at(-1)).toMatch(/^Server "s" lists more than 10000 tools, 100 pages, 8 MiB .* 32 MiB/);
    expect(list.size).toBeLessThan(8.1 * MIB);
    expect(list.pages.at(-1)?.end).toBe(names.length);
  });

  it('says nothing of one that is just within the bounds', async () => {
    const { names, warnings } = await fetched(
      (at) => `"tools":[${Array.from({ length: 100 }, (_, n) => tool(`${at}-${n}`))}]`,
      100,
    );
    expect(names).toHaveLength(10_000);
    expect(warnings).toEqual([]);
  });

  it('keeps what a page says besides, where that is not long', async () => {
    const { list } = await fetched(() => `"vendor":1,"tools":[${tool('a')}]`);
    expect(filled(list.pages[0]?.frame as never, ['1'], undefined).text).toBe('{"vendor":1,"tools":[1]}');
    const long = await fetched(() => `"vendor":"${'x'.repeat(MIB)}","tools":[${tool('a')}]`);
    expect(filled(long.list.pages[0]?.frame as never, ['1'], 'c').text).toBe('{"tools":[1],"nextCursor":"c"}');
  });

  it('does not say of each of many what is wrong with it', async () => {
    const { names, warnings } = await fetched(() => `"tools":[${Array(5000).fill(tool('a')).join()},{}]`);
    expect(names).toEqual(['a']);
    expect(warnings).toHaveLength(21);
    expect(warnings.at(-1)).toMatch('4980 more');
  });

  it('lets others have their turn meanwhile', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await fetched(() => `"tools":[${Array.from({ length: 10_000 }, (_, n) => tool(`t${n}`, 'x y z '.repeat(100)))}]`);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('a list whose second page is', () => {
  const linkTo = (second: object): UpstreamConnection => {
    const request = async (_method: string, params: string): Promise<unknown> => {
      if (second instanceof Error && params !== '') throw second;
      if (params !== '') return second;
      const text = `{"tools":[${tool('a')}],"nextCursor":"b"}`;
      return { ok: true, result: { text, metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined } };
    };
    return {
      facts: { capabilities: { tools: {} }, instructions: undefined },
      request,
    } as unknown as UpstreamConnection;
  };
  const result = { text: '{}', metaAt: -1, resultType: 'complete', isError: false, ttlMs: undefined };

  it.each([
    ['refused', { ok: false, code: -32602, message: 'Invalid cursor' }, /refused.*Invalid cursor.*-32602/],
    ['an unknown method', { ok: false, code: -32601, message: 'no' }, /refused/],
    ['no list', { ok: true, result }, /without a list/],
    ['no list but a number', { ok: true, result: { ...result, text: '{"tools":0}' } }, /without a list/],
    ['too late', new Error('It did not answer in time.'), /^It did not answer in time, after a page of tools/],
    ['never there', new Error('Server "s" is gone.'), /^Server "s" is gone, after/],
  ])('%s is what is on the first, and is read again soon', async (_what, second, warning) => {
    const warnings: string[] = [];
    const options = {
      server: 's',
      timeoutMs: 1000,
      hasHeaders: false,
      warn: (what: string) => void warnings.push(what),
    };
    const list = await fetchTools(linkTo(second), options);
    expect(list.entries.map(({ name }) => name)).toEqual(['a']);
    expect(list.ttlMs).toBe(60_000);
    expect(warnings).toEqual([expect.stringMatching(warning)]);
  });
});

it.each(['null', ' null ', '[]', '[ ]'])('a page that says %s has nothing', async (list) => {
  for (const count of [1, 3]) {
    const { names, warnings, asked } = await fetched((at) => `"tools":${at === 1 ? `[${tool('a')}]` : list}`, count);
    expect(names).toEqual(count === 1 ? [] : ['a']);
    expect([warnings, asked]).toEqual([[], count]);
  }
});

it('a first page that fails is no list', async () => {
  const request = (): Promise<never> => Promise.reject(new Error('late'));
  const link = { facts: { capabilities: { tools: {} } }, request } as unknown as UpstreamConnection;
  const options = { server: 's', timeoutMs: 1000, hasHeaders: false, warn: () => undefined };
  await expect(fetchTools(link, options)).rejects.toThrow('late');
});
