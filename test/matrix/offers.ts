/** What servers offer: lists, what stands in them, and what is got by it. */
import { expect } from 'vitest';
import type { Answer } from '../support/rpc.ts';
import { resultText, withoutHopByHop } from '../support/spans.ts';
import { type Bench, RULES, type Side } from './cells.ts';
import { DEFINITIONS, MESSAGES, recordedText } from './corpus.ts';
import { entriesOf, errorOf, type Feature, feature, onBoth, resultOf, said } from './feature.ts';

/** What `get_server_tools` says of a server's tools. */
async function described({ caller }: Side, server: string, more: object = {}): Promise<string> {
  const params = { name: 'get_server_tools', arguments: { server, ...more } };
  return said(await caller.call('tools/call', params));
}

/** Names of a server's tools, in the order of the list. */
async function toolsOf(side: Side, server: string, { cell }: Bench): Promise<string[]> {
  if (cell.view === 'discovery') {
    const { tools } = JSON.parse(await described(side, server)) as { tools: { name: string }[] };
    return tools.map(({ name }) => name);
  }
  const names = (await entriesOf(side, 'tools/list', 'tools')).map(({ name }) => String(name));
  const prefix = side.name('');
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
}

async function namesOf(side: Side, method: string, field: string, key: string): Promise<string[]> {
  return (await entriesOf(side, method, field)).map((entry) => String(entry[key]));
}

/** The recorded definition of a kind stands in the text of a list, its key as the view shows it, otherwise as it is. */
async function expectDefinition(
  side: Side,
  kind: 'tool' | 'prompt' | 'resource' | 'template',
  method: string,
): Promise<void> {
  const text = recordedText(DEFINITIONS, kind);
  const { name, uri, uriTemplate } = JSON.parse(text) as Record<string, string>;
  const key = uri ?? uriTemplate ?? name ?? '';
  const shown = kind === 'tool' || kind === 'prompt' ? side.name(key) : side.uri(key);
  const answer = await side.caller.call(method);
  expect(answer.text).toContain(text.replace(JSON.stringify(key), JSON.stringify(shown)));
}

/** Keys and texts of the members of a page but for its cursor, the list without its entries. */
function beside(page: string, field: string): [string, string][] {
  return withoutHopByHop(page)
    .filter(([key]) => key !== 'nextCursor')
    .map(([key, text]) => (key === field ? ['list', '[]'] : [key, text]));
}

const LISTS = [
  { method: 'tools/list', field: 'tools' },
  { method: 'prompts/list', field: 'prompts' },
  { method: 'resources/list', field: 'resources' },
  { method: 'resources/templates/list', field: 'resourceTemplates' },
] as const;

export const offers: readonly Feature[] = [
  feature(
    'tools',
    'crosses',
    onBoth(async (side, server, bench) => {
      const names = await toolsOf(side, server, bench);
      expect(names.slice(0, 3)).toEqual(['rich', 'echo', 'label']);
      expect(said(await side.tool('label'))).toBe(server);
      expect(JSON.parse(said(await side.tool('echo', { a: [1, { b: null }] })))).toEqual({ a: [1, { b: null }] });
    }),
  ),
  feature(
    'prompts',
    'crosses',
    onBoth(async (side, server) => {
      expect(await namesOf(side, 'prompts/list', 'prompts', 'name')).toContain(side.name('greet'));
      const params = { name: side.name('greet'), arguments: { who: 'Ada', where: 'Turin' } };
      const { messages } = resultOf(await side.caller.call('prompts/get', params));
      expect(messages).toEqual([
        { role: 'user', content: { type: 'text', text: `Hello Ada in Turin, says ${server}.` } },
      ]);
    }),
  ),
  feature(
    'resources',
    'crosses',
    onBoth(async (side, server) => {
      expect(await namesOf(side, 'resources/list', 'resources', 'uri')).toContain(side.uri('test://text'));
      const read = async (uri: string): Promise<unknown> =>
        resultOf(await side.caller.call('resources/read', { uri }))['contents'];
      const text = side.uri('test://text');
      expect(await read(text)).toEqual([{ uri: text, mimeType: 'text/plain', text: `text of ${server}` }]);
      const blob = side.uri('test://blob');
      expect(await read(blob)).toEqual([{ uri: blob, mimeType: 'image/png', blob: 'iVBORw0KGgo=' }]);
    }),
  ),
  feature(
    'resource templates',
    'crosses',
    onBoth(async (side, server) => {
      const templates = await namesOf(side, 'resources/templates/list', 'resourceTemplates', 'uriTemplate');
      expect(templates).toContain(side.uri('test://item/{id}'));
      const uri = side.uri('test://item/7');
      expect(resultOf(await side.caller.call('resources/read', { uri }))['contents']).toEqual([
        { uri, text: `item 7 of ${server}` },
      ]);
    }),
  ),
  feature(
    'completion of prompts and templates',
    'crosses',
    onBoth(async (side, server) => {
      const complete = async (ref: object): Promise<unknown> => {
        const params = { ref, argument: { name: 'x', value: 'v' }, context: { arguments: { who: 'Ada' } } };
        return resultOf(await side.caller.call('completion/complete', params))['completion'];
      };
      const expected = (key: string): object => ({
        values: [key, 'x:v', 'who=Ada', server],
        total: 4,
        hasMore: false,
      });
      expect(await complete({ type: 'ref/prompt', name: side.name('greet') })).toEqual(expected('greet'));
      const uri = side.uri('test://item/{id}');
      expect(await complete({ type: 'ref/resource', uri })).toEqual(expected('test://item/{id}'));
    }),
  ),
  feature(
    'JSON Schema 2020-12, as the server wrote it',
    'crosses',
    onBoth(async (side, server, { cell }) => {
      const schema = /"inputSchema":(.*),"outputSchema"/.exec(recordedText(DEFINITIONS, 'tool'))?.[1] ?? '';
      const shown =
        cell.view === 'discovery'
          ? await described(side, server, { names: 'rich' })
          : (await side.caller.call('tools/list')).text;
      expect(shown).toContain(`"inputSchema":${schema}`);
    }),
  ),
  feature(
    'titles, icons, annotations and output schemas of tools',
    'crosses',
    onBoth((side) => expectDefinition(side, 'tool', 'tools/list')),
    { view: ['direct', 'single'] },
  ),
  feature(
    'titles, icons, annotations and output schemas of tools',
    'is left out: agents get names, descriptions and input schemas',
    onBoth(async (side, server) => {
      const { tools } = JSON.parse(await described(side, server, { names: 'rich' })) as { tools: object[] };
      expect(Object.keys(tools[0] ?? {})).toEqual(['name', 'description', 'inputSchema']);
    }),
    { view: 'discovery' },
  ),
  feature(
    'titles, icons and annotations of prompts and resources',
    'crosses',
    onBoth(async (side) => {
      await expectDefinition(side, 'prompt', 'prompts/list');
      await expectDefinition(side, 'resource', 'resources/list');
      await expectDefinition(side, 'template', 'resources/templates/list');
    }),
  ),
  feature('deterministic order of lists', 'crosses', async (bench) => {
    const side = await bench.at('one');
    for (const { method, field } of LISTS) {
      const first = await entriesOf(side, method, field);
      expect(await entriesOf(side, method, field), method).toEqual(first);
    }
  }),
  feature('pages of lists, merged from several servers', 'crosses', async (bench) => {
    const side = await bench.at('one');
    const uris = await namesOf(side, 'resources/list', 'resources', 'uri');
    expect(new Set(uris).size).toBe(uris.length);
    const servers = bench.cell.view === 'single' ? [''] : ['mcp://one/', 'mcp://two/'];
    for (const prefix of servers) {
      const many = uris.filter((uri) => uri.startsWith(`${prefix}test://many/`));
      expect(many).toEqual(Array.from({ length: 520 }, (_, at) => `${prefix}test://many/${at}`));
    }
  }),
  feature(
    'what lists say beside their entries, page by page, byte for byte',
    'crosses',
    onBoth(async ({ caller }) => {
      for (const { method, field } of LISTS) {
        let cursor: unknown;
        let pages = 0;
        do {
          const answer = await caller.call(method, cursor === undefined ? {} : { cursor });
          const result = resultText(answer.text);
          const expected = recordedText(MESSAGES, 'page', pages === 0 ? 'first' : 'other');
          expect(beside(result, field), `${method} ${pages}`).toEqual(beside(expected, 'list'));
          cursor = resultOf(answer)['nextCursor'];
          pages++;
        } while (cursor !== undefined);
        expect(pages, method).toBe(method === 'resources/list' ? 3 : 1);
      }
    }),
    { view: 'single' },
  ),
  feature(
    'what lists say beside their entries, page by page, byte for byte',
    'is left out: one list is of several servers',
    async (bench) => {
      const { caller } = await bench.at('one');
      for (const { method, field } of LISTS) {
        const result = resultText((await caller.call(method)).text);
        const own = withoutHopByHop(result).map(([key]) => key);
        expect(own, method).toEqual(expect.arrayContaining([field]));
        expect(own.filter((key) => key !== field && key !== 'nextCursor')).toEqual([]);
      }
    },
    { view: ['discovery', 'direct'] },
  ),
  feature(
    'cursors across a reload of the configuration',
    'crosses',
    async (bench) => {
      const side = await bench.at('one');
      const first = resultOf(await side.caller.call('resources/list'));
      const tools = await side.caller.call('tools/list', { cursor: 'made up' });
      expect(errorOf(tools)).toMatchObject({ code: -32602 });
      const cursor = first['nextCursor'];
      expect(cursor).toEqual(expect.any(String));
      const before = resultOf(await side.caller.call('resources/list', { cursor }))['resources'];
      await bench.reload({ ...RULES, agents: { ...RULES.agents, another: {} } });
      expect(resultOf(await side.caller.call('resources/list', { cursor }))['resources']).toEqual(before);
      // The entry that the page ended with is gone: there is nothing to go on from.
      await bench.reload({ ...RULES, agents: { default: { allow: { servers: ['one'] } } } });
      expect(errorOf(await side.caller.call('resources/list', { cursor }))).toMatchObject({ code: -32602 });
      await bench.reload(RULES);
    },
    { view: ['discovery', 'direct'] },
  ),
  feature(
    'cursors across a reload of the configuration',
    'crosses',
    async (bench) => {
      const { caller } = await bench.at('one');
      const first = resultOf(await caller.call('resources/list')) as {
        resources: { uri: string }[];
        nextCursor: string;
      };
      const next = (): Promise<Answer> => caller.call('resources/list', { cursor: first.nextCursor });
      const before = resultOf(await next())['resources'];
      await bench.reload({ ...RULES, agents: { ...RULES.agents, another: {} } });
      expect(resultOf(await next())['resources']).toEqual(before);
      // The entry that the page ended with is gone: there is nothing to go on from.
      await bench.denying({ resources: { one: [first.resources.at(-1)?.uri ?? ''] } }, async () => {
        expect(errorOf(await next())).toMatchObject({ code: -32602 });
      });
      for (const { method } of LISTS) {
        const made = Buffer.from('["one","gone"]').toString('base64url');
        for (const cursor of [made, 'nonsense', '']) {
          expect(errorOf(await caller.call(method, { cursor })), `${method} ${cursor}`).toMatchObject({ code: -32602 });
        }
      }
    },
    { view: 'single' },
  ),
];
