/** search_tools: the right tool among the first, with what is needed to call it, and nothing about what is denied. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeHome, servers, withPrincipals } from '../support/home.ts';
import { CORNERS, type Front, openShared, overMatrix } from '../support/matrix.ts';
import { fixture, npmServer } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { callTool, dataOf, errorOf, textOf } from '../support/tools.ts';

interface Found {
  readonly tools: readonly { readonly server: string; readonly tool: string; readonly args?: string }[];
  readonly servers?: readonly { readonly name: string; readonly tools?: number }[];
  readonly not_searched?: Readonly<Record<string, readonly string[]>>;
}

const SETUP = {
  servers: servers({
    calc: { ...fixture('calc', { TOOLS: 'read_page,delete_page' }), description: 'Adds numbers.' },
    memory: npmServer('memory'),
    secret: fixture('calc', { TOOLS: 'read_page,erase_graph' }),
    down: { url: 'http://127.0.0.1:9/mcp' },
  }),
  rules: withPrincipals({
    // The same permissions, once with the others denied and once with them unknown.
    bounded: { allow: { servers: ['calc', 'memory'] }, deny: { tools: { calc: ['delete_*'] } } },
    reader: { allow: { servers: ['calc', 'memory'], tools: { memory: ['read_graph', 'search_nodes'] } } },
    remote: { allow: { servers: ['calc', 'down'] } },
    nobody: {},
  }),
};

it('says at a shell why an agent finds what it finds, and nothing that it may not see', async () => {
  const home = makeHome(SETUP);
  const test = async (...words: string[]) =>
    runCli(['search', 'test', ...words, '--agent', 'reader'], { env: home.env, cwd: home.cwd });
  const { stdout } = await test('lookup things in the graph', '--json', '--server', 'memory', '--limit', '1');
  expect(JSON.parse(stdout)).toMatchObject({
    query: 'lookup things in the graph',
    agent: 'reader',
    model: 'own',
    tools: [
      {
        server: 'memory',
        tool: expect.stringMatching(/^(?:search_nodes|read_graph)$/) as unknown,
        words: { fields: { name: expect.any(Number) as unknown } },
        meaning: { cosine: expect.any(Number) as unknown },
      },
    ],
  });
  const shown = await test('delete the graph of things', '--server', 'memory');
  expect(shown.stdout).toMatch(/^1\. memory\/read_graph: \d/m);
  expect(shown.stdout).toMatch(/^ {4}words +\d+\.\d\d +\d+ % {2}1st, in name .*; graph/m);
  expect(shown.stdout).not.toMatch(/delete_|erase_|secret/);
  expect((await test('x', '--limit', 'few')).code).toBe(2);
  home.remove();
});

overMatrix(CORNERS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, SETUP);
  });
  afterAll(() => front.stop());

  const search = async (args: object): Promise<Found> =>
    dataOf(await callTool(front.rpc, 'search_tools', args)) as Found;
  const names = async (args: object): Promise<string[]> =>
    (await search(args)).tools.map(({ server, tool }) => `${server}/${tool}`);

  it('finds a tool by what it is for, with what a call needs', async () => {
    const { tools } = await search({ query: 'link two things in the knowledge graph', agent_id: 'bounded' });
    expect(tools.map(({ tool }) => tool)).toContain('create_relations');
    expect(tools.find(({ tool }) => tool === 'create_relations')).toMatchObject({
      server: 'memory',
      args: '(relations: {from: string, to: string, relationType: string}[])',
      purpose: expect.stringMatching(/^Create multiple new relations/) as unknown,
    });
  });

  it('finds by meaning what no word says', async () => {
    expect((await names({ query: 'lookup things by keyword', agent_id: 'reader' }))[0]).toBe('memory/search_nodes');
    expect(await names({ query: 'forget a person', agent_id: 'bounded' })).toContain('memory/delete_entities');
    // It is denied there, and nothing else is near.
    expect(await names({ query: 'forget a person', agent_id: 'reader' })).not.toContain('memory/delete_entities');
  });

  it('shows nothing that is denied', async () => {
    expect(await names({ query: 'delete page', agent_id: 'bounded', limit: 50 })).toContain('calc/read_page');
    expect(await names({ query: 'delete page', agent_id: 'bounded', limit: 50 })).not.toContain('calc/delete_page');
    expect(await names({ query: 'read the graph', agent_id: 'reader', limit: 50 })).toEqual(
      expect.arrayContaining(['memory/read_graph']),
    );
    for (const found of await names({ query: 'graph entities nodes', agent_id: 'reader', limit: 50 })) {
      expect(['memory/read_graph', 'memory/search_nodes']).toContain(found);
    }
  });

  it('says what there is where nothing fits', async () => {
    const { tools, servers: offered } = await search({ query: 'zzqqx', agent_id: 'bounded' });
    expect(tools).toEqual([]);
    expect(offered).toEqual([
      { name: 'calc', description: 'Adds numbers.', tools: expect.any(Number) as unknown },
      { name: 'memory', tools: 9 },
    ]);
    expect(await search({ query: 'anything', agent_id: 'nobody' })).toEqual({ tools: [], servers: [] });
  });

  it('searches one server, and refuses one that is not permitted', async () => {
    for (const found of await names({ query: 'read', server: 'memory', agent_id: 'bounded' })) {
      expect(found).toMatch(/^memory\//);
    }
    const refused = await callTool(front.rpc, 'search_tools', { query: 'read', server: 'secret', agent_id: 'bounded' });
    const unknown = await callTool(front.rpc, 'search_tools', {
      query: 'read',
      server: 'nowhere',
      agent_id: 'bounded',
    });
    expect(errorOf(refused).code).toBe('DENIED_BY_POLICY');
    expect(textOf(refused).replace('secret', 'nowhere')).toBe(textOf(unknown));
  });

  it('searches the others while one cannot be reached', async () => {
    const found = await search({ query: 'read page', agent_id: 'remote' });
    expect(found.tools[0]).toMatchObject({ server: 'calc', tool: 'read_page' });
    expect(found.not_searched).toEqual({ unavailable: ['down'] });
  });

  it('gives names, lines or whole definitions', async () => {
    const query = { query: 'read graph', limit: 1, agent_id: 'bounded' };
    expect((await search({ ...query, detail: 'names' })).tools).toEqual([{ server: 'memory', tool: 'read_graph' }]);
    expect((await search({ ...query, detail: 'full' })).tools).toMatchObject([
      { server: 'memory', name: 'read_graph', inputSchema: { type: 'object' } },
    ]);
    const wrong = await callTool(front.rpc, 'search_tools', { ...query, detail: 'most' });
    expect(errorOf(wrong)).toMatchObject({ code: 'INVALID_ARGUMENTS' });
    const lines = await callTool(front.rpc, 'get_server_tools', {
      server: 'memory',
      detail: 'brief',
      agent_id: 'reader',
    });
    expect(dataOf(lines)).toMatchObject({
      tools: [expect.stringMatching(/^read_graph\(\) — /), expect.stringMatching(/^search_nodes\(query: string\) — /)],
    });
    const short = await callTool(front.rpc, 'get_server_tools', {
      server: 'memory',
      detail: 'names',
      agent_id: 'reader',
    });
    expect(dataOf(short)).toMatchObject({ tools: ['read_graph', 'search_nodes'], total_available: 2 });
  });
});
