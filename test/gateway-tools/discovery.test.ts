/** What agents see: the gateway's own tools, servers and tool definitions. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { servers, withPrincipals } from '../support/home.ts';
import { type Front, KINDS, open, openShared, overMatrix } from '../support/matrix.ts';
import { fixture, npmServer } from '../support/paths.ts';
import { callTool, dataOf, errorOf, getTools, listServers, toolNames } from '../support/tools.ts';

const SETUP = {
  servers: servers({
    calc: { ...fixture('calc', { TOOLS: 'read_a,read_b,delete_all' }), description: 'Adds numbers.' },
    everything: npmServer('everything'),
    secret: { ...fixture('calc'), description: 'Nobody sees this.' },
    remote: { url: 'http://127.0.0.1:9/mcp', description: 'Not reachable.' },
  }),
  rules: withPrincipals({
    researcher: {
      allow: { servers: ['calc', 'everything', 'remote'] },
      deny: { tools: { calc: ['delete_*'] } },
    },
    nobody: {},
    default: { allow: { servers: ['calc'] } },
  }),
};

overMatrix(KINDS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, SETUP);
  });
  afterAll(() => front.stop());

  it('offers exactly its own tools', async () => {
    const { message } = await front.rpc.call('tools/list');
    const tools = message.result?.['tools'] as { name: string; inputSchema: { type: string } }[];
    expect(tools.map(({ name }) => name)).toEqual([
      'search_tools',
      'list_servers',
      'get_server_tools',
      'execute_tool',
      'read_result',
    ]);
    for (const tool of tools) {
      expect(tool.inputSchema.type).toBe('object');
      expect(tool).not.toHaveProperty('outputSchema');
    }
  });

  it('says who it is', async () => {
    const { message } = await front.rpc.call(
      kind.revision === '2026-07-28' ? 'server/discover' : 'tools/list',
      kind.revision === '2026-07-28' ? {} : undefined,
    );
    if (kind.revision === '2026-07-28') {
      expect(message.result).toMatchObject({
        resultType: 'complete',
        supportedVersions: expect.arrayContaining(['2026-07-28']) as unknown,
        capabilities: { tools: expect.any(Object) as unknown },
      });
    } else {
      expect(message.result).not.toHaveProperty('resultType');
    }
  });

  it('lists the servers that the agent may use, with descriptions, in a stable order', async () => {
    const list = async (): Promise<unknown> =>
      dataOf(await callTool(front.rpc, 'list_servers', { agent_id: 'researcher' }));
    const first = (await list()) as { name: string }[];
    expect(first.map(({ name }) => name).sort()).toEqual(['calc', 'everything', 'remote']);
    expect(first).toContainEqual({ name: 'calc', description: 'Adds numbers.' });
    expect(JSON.stringify(first)).not.toContain('secret');
    expect(await list()).toEqual(first);
    expect(await listServers(front.rpc, 'nobody')).toEqual([]);
  });

  it('adds transport and command or url with metadata, and nothing that could be a secret', async () => {
    const result = await callTool(front.rpc, 'list_servers', { agent_id: 'researcher', include_metadata: true });
    const list = dataOf(result) as Record<string, unknown>[];
    expect(list.find(({ name }) => name === 'calc')).toMatchObject({
      transport: 'stdio',
      command: process.execPath,
    });
    expect(list.find(({ name }) => name === 'remote')).toMatchObject({
      transport: 'http',
      url: 'http://127.0.0.1:9/mcp',
    });
    expect(JSON.stringify(list)).not.toContain('delete_all');
  });

  it.each([
    ['list_servers', { agent_id: 'researcher' }],
    ['get_server_tools', { agent_id: 'researcher', server: 'calc' }],
  ])('answers successes of %s as one text block of compact JSON, and a list as an object too', async (tool, args) => {
    const result = await callTool(front.rpc, tool, args);
    expect(result.content).toHaveLength(1);
    expect(result.isError ?? false).toBe(false);
    const [block] = result.content;
    const value: unknown = JSON.parse(block?.text ?? '');
    expect(block?.text).toBe(JSON.stringify(value));
    expect(result.structuredContent).toEqual(Array.isArray(value) ? { result: value } : undefined);
  });

  it('gives definitions of permitted tools only, and counts only those', async () => {
    const listing = await getTools(front.rpc, { agent_id: 'researcher', server: 'calc' });
    const names = listing.tools.map(({ name }) => name);
    expect(names).toEqual(['add', 'label', 'environment', 'fail', 'reject', 'read_a', 'read_b']);
    expect(listing).toMatchObject({ server: 'calc', total_available: 7, returned: 7 });
    expect(listing.tokens_used).toBeGreaterThan(0);
    expect(listing.tools[0]).toEqual({
      name: 'add',
      description: 'Adds two numbers.',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: 'number' } },
        required: ['a', 'b'],
      },
    });
  });

  it.each([
    ['names as a string', { names: 'add, read_b' }, ['add', 'read_b']],
    ['names as an array', { names: ['read_a'] }, ['read_a']],
    ['a pattern', { pattern: 'read_*' }, ['read_a', 'read_b']],
    ['a pattern and names', { names: 'read_a,add', pattern: 'read_?' }, ['read_a']],
    ['a denied name', { names: 'delete_all' }, []],
    ['a denied pattern', { pattern: '*_all' }, []],
  ])('selects by %s', async (_title, selection, names) => {
    const listing = await getTools(front.rpc, { agent_id: 'researcher', server: 'calc', ...selection });
    expect(listing.tools.map(({ name }) => name)).toEqual(names);
    expect(listing).toMatchObject({ total_available: 7, returned: names.length });
  });

  it('adds tools in order until the next would exceed the budget', async () => {
    const all = await getTools(front.rpc, { agent_id: 'researcher', server: 'everything' });
    const budget = Math.floor(all.tokens_used / 2);
    const some = await getTools(front.rpc, { agent_id: 'researcher', server: 'everything', max_schema_tokens: budget });
    expect(some.returned).toBeGreaterThan(0);
    expect(some.returned).toBeLessThan(all.returned);
    expect(some.tokens_used).toBeLessThanOrEqual(budget);
    expect(some.total_available).toBe(all.total_available);
    expect(some.tools).toEqual(all.tools.slice(0, some.returned));
    const one = await getTools(front.rpc, { agent_id: 'researcher', server: 'everything', max_schema_tokens: 1 });
    expect(one.returned).toBe(0);
  });

  it('tells an agent that may use it that a server is unavailable', async () => {
    const result = await callTool(front.rpc, 'get_server_tools', { agent_id: 'researcher', server: 'remote' });
    expect(errorOf(result).code).toBe('SERVER_UNAVAILABLE');
  });

  it('uses the fallback agent without agent_id', async () => {
    expect(await listServers(front.rpc)).toEqual(['calc']);
  });

  it('keeps get_gateway_status to itself without --debug', async () => {
    const { message } = await front.rpc.call('tools/call', { name: 'get_gateway_status', arguments: {} });
    expect(message.error?.code).toBe(-32602);
  });
});

it('shows the status with --debug', async () => {
  const front = await open({ transport: 'stdio', revision: '2025-11-25' }, { ...SETUP, args: ['--debug'] });
  expect(await toolNames(front.rpc)).toContain('get_gateway_status');
  const status = dataOf(await callTool(front.rpc, 'get_gateway_status')) as Record<string, unknown>;
  expect(status).toMatchObject({
    policy_state: {
      total_agents: 3,
      agent_ids: expect.arrayContaining(['researcher', 'nobody', 'default']) as unknown,
    },
    config_paths: expect.any(Object) as unknown,
    message: expect.any(String) as unknown,
  });
  const names = (status['available_servers'] as (string | { name: string })[]).map((entry) =>
    typeof entry === 'string' ? entry : entry.name,
  );
  // Who is no operator is told of what some agent of its may use.
  expect([...names].sort()).toEqual(['calc', 'everything', 'remote']);
  for (const file of Object.values(status['reload_status'] as Record<string, unknown>)) {
    expect(Object.keys(file as object).sort()).toEqual(
      ['attempt_count', 'last_attempt', 'last_error', 'last_success', 'last_warnings', 'success_count'].sort(),
    );
  }
  await front.stop();
});

it('shows the status with GATEWAY_DEBUG=true', async () => {
  const front = await open(
    { transport: 'stdio', revision: '2026-07-28' },
    { ...SETUP, env: { GATEWAY_DEBUG: 'true' } },
  );
  expect(dataOf(await callTool(front.rpc, 'get_gateway_status'))).toHaveProperty('policy_state');
  await front.stop();
});
