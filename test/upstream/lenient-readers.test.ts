/** Servers and clients whose JSON parser reads leniently: without regard to case, the last or the first of two, null as nothing. */
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, type Home, linesOf, makeHome, servers, TOKEN } from '../support/home.ts';
import { type HttpReply, httpHeaders, openHttp, request } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { until } from '../support/process.ts';
import { MODERN, type Rpc, requestText } from '../support/rpc.ts';
import { resultOf, textOf } from '../support/tools.ts';
import { DIRECT, DISCOVERY, SINGLE, viewRules } from '../support/views.ts';

const DENY = { tools: { '*': ['delete_*'] }, prompts: { '*': ['delete_*'] }, resources: { '*': ['file:///secret/*'] } };

function homeWithServer(): Home & { readonly log: string } {
  const home = makeHome({ rules: viewRules(DENY) });
  const log = path.join(home.dir, 'received');
  return { ...home, log };
}

function entry(log: string): Record<string, unknown> {
  return { command: process.execPath, args: [fixturePath('scripted'), 'stdio', 'legacy'], env: { LOG: log } };
}

async function writeServers(home: Home, log: string): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(home.servers, JSON.stringify(servers({ s: entry(log) })));
}

/** [what, method, params of the direct view, params of the single view] */
const SMUGGLED: readonly (readonly [string, string, string])[] = [
  ['a tool', 'tools/call', '"name":"read_notes","arguments":{},"Name":"delete_all"'],
  ['a tool before it', 'tools/call', '"NAME":"delete_all","name":"read_notes","arguments":{}'],
  ['a tool, escaped', 'tools/call', '"name":"read_notes","\\u004eame":"delete_all"'],
  ['arguments, with a long s', 'tools/call', '"name":"read_notes","arguments":{},"argument\u017f":{"a":1}'],
  ['a task, with a Kelvin sign', 'tools/call', '"name":"read_notes","ta\u017f\u212a":{"ttl":1}'],
  ['a prompt', 'prompts/get', '"name":"read_prompt","nAME":"delete_prompt"'],
  ['a resource', 'resources/read', '"uri":"file:///public/a","URI":"file:///secret/b"'],
  [
    'a reference',
    'completion/complete',
    '"ref":{"type":"ref/prompt","name":"read_prompt","Name":"delete_prompt"},"argument":{"name":"x","value":""}',
  ],
  [
    'a reference beside it',
    'completion/complete',
    '"ref":{"type":"ref/prompt","name":"read_prompt"},"REF":{"type":"ref/prompt","name":"delete_prompt"},"argument":{"name":"x","value":""}',
  ],
  ['a cursor', 'tools/list', '"Cursor":"x"'],
  ['a token of progress', 'tools/call', '"name":"read_notes","_META":{"progressToken":1}'],
];

describe.each(['2025-11-25', MODERN])('over HTTP, %s', (revision) => {
  const home = homeWithServer();
  let gateway: HttpGateway;
  beforeAll(async () => {
    await writeServers(home, home.log);
    gateway = await serveHttp({ home });
  });
  afterAll(() => gateway.stop());

  const views = [DIRECT, SINGLE] as const;
  it.each(views.flatMap((view) => SMUGGLED.map((smuggled) => [view.name, ...smuggled, view] as const)))(
    '%s view: %s that differs in case alone is refused, and reaches no server',
    async (_view, _what, method, params, view) => {
      const rpc = await openHttp(new URL(view.path('s'), gateway.origin).href, revision, { token: view.token });
      const asked =
        view === DIRECT
          ? params.replace('"read_notes"', '"s__read_notes"').replace('"read_prompt"', '"s__read_prompt"')
          : params;
      const before = linesOf(home.log).length;
      const { message } = await rpc.call(method, `{${asked}}`);
      expect(message.error?.code).toBe(-32600);
      expect(
        linesOf(home.log)
          .slice(before)
          .filter((line) => line.includes(`"${method}"`)),
      ).toEqual([]);
      await rpc.close();
    },
  );

  it.each(views.map((view) => [view.name, view] as const))(
    '%s view: a prompt has one name, however a server compares names',
    async (_view, view) => {
      const rpc = await openHttp(new URL(view.path('s'), gateway.origin).href, revision, { token: view.token });
      const named = (name: string): string => (view === DIRECT ? `s__${name}` : name);
      const got = await rpc.call('prompts/get', { name: named('read_prompt') });
      expect(got.text).toContain('PROMPT read_prompt');
      const before = linesOf(home.log).length;
      for (const name of ['Delete_prompt', 'delete_prompt ', 'delete\u200b_prompt', 'delete%5Fprompt', 'READ_PROMPT']) {
        const { message } = await rpc.call('prompts/get', { name: named(name) });
        expect(message.error, name).toMatchObject({ code: -32602, message: `Unknown prompt: ${named(name)}` });
        const ref = { type: 'ref/prompt', name: named(name) };
        const completed = await rpc.call('completion/complete', { ref, argument: { name: 'x', value: '' } });
        expect(completed.message.error, name).toMatchObject({ code: -32602 });
      }
      const sent = linesOf(home.log).slice(before);
      expect(sent.filter((line) => /prompts\/get|completion/.test(line))).toEqual([]);
      await rpc.close();
    },
  );

  it('the gateway’s own arguments are refused too, and what a tool gets is its own business', async () => {
    const rpc = await openHttp(gateway.url, revision, { token: DISCOVERY.token });
    const call = (args: string) => rpc.call('tools/call', `{"name":"execute_tool","arguments":{${args}}}`);
    const folded = await call('"server":"s","tool":"read_notes","Tool":"delete_all"');
    expect(folded.text).toContain('INVALID_ARGUMENTS');
    const free = await call('"server":"s","tool":"read_notes","args":{"a":1,"A":2,"Name":"x"}');
    expect(textOf(resultOf(free))).toBe('RAN read_notes');
    expect(linesOf(home.log).at(-1)).toContain('"arguments":{"a":1,"A":2,"Name":"x"}');
    await rpc.close();
  });
});

it('over stdio, and in the batches of 2025-03-26', async () => {
  const home = homeWithServer();
  await writeServers(home, home.log);
  const gateway = await serveStdio({ home, args: ['--server', 's'] }, '2025-03-26');
  const params = '"name":"read_notes","Name":"delete_all"';
  const text = `{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{${params}}}`;
  gateway.rpc.send(`${text}\n`);
  expect((await gateway.rpc.next()).message).toMatchObject({ id: 'x', error: { code: -32600 } });
  gateway.rpc.send(`[${text},{"jsonrpc":"2.0","id":"y","method":"tools/call","params":{"name":"read_notes"}}]\n`);
  const answers = (await gateway.rpc.next()).message as unknown as { id: string; error?: { code: number } }[];
  expect(answers.find(({ id }) => id === 'x')?.error?.code).toBe(-32600);
  expect(answers.find(({ id }) => id === 'y')?.error).toBeUndefined();
  expect(linesOf(home.log).filter((line) => line.includes('delete_all'))).toEqual([]);
  expect(auditRecords(home).filter(({ tool }) => tool === 'delete_all')).toEqual([]);
  await gateway.stop();
});

const SCRIPT = '{"name":"script","inputSchema":{"type":"object"}}';

describe('what a server says', () => {
  const home = homeWithServer();
  let gateway: HttpGateway;
  let rpc: Rpc;
  beforeAll(async () => {
    await writeServers(home, home.log);
    gateway = await serveHttp({ home });
    rpc = await openHttp(new URL(SINGLE.path('s'), gateway.origin).href, '2025-11-25', { token: TOKEN });
  });
  afterAll(() => gateway.stop());

  /** What the single view lists after the server said that, once it shows `sign`. */
  async function listed(tools: readonly string[], others: string, sign: string): Promise<string> {
    const all = [...tools, '{"name":"offer","inputSchema":{"type":"object"}}', SCRIPT].join(',');
    const text = `{"tools":[${all}],${others}}`;
    await rpc.call('tools/call', { name: 'offer', arguments: { method: 'tools/list', text } });
    let shown = '';
    await until(async () => {
      shown = (await rpc.call('tools/list', {})).text;
      return shown.includes(sign);
    }, `the list shows ${sign}`);
    return shown;
  }

  it('a second list in another spelling is not passed on, nor a definition that says two things', async () => {
    const tool = (members: string): string => `{${members},"inputSchema":{"type":"object"}}`;
    const own = [
      tool('"name":"read_a"'),
      tool('"name":"read_b","Name":"delete_b"'),
      tool('"name":"read_c","name":"delete_c"'),
    ];
    const text = await listed(own, `"Tools":[${tool('"name":"delete_all"')}],"NextCursor":"x"`, 'read_a');
    expect(text).not.toMatch(/delete|read_b|read_c|NextCursor/);
  });

  it('null in definitions is left out, so that clients take the list', async () => {
    const definition =
      '{"name":"read_n","title":null,"annotations":null,"inputSchema":{"type":"object","properties":null,"required":null}}';
    const text = await listed([definition], '"nextCursor":null,"_meta":null', 'read_n');
    expect(text).toContain('{"tools":[{"name":"read_n","inputSchema":{"type":"object"}},');
    expect(text).not.toContain('null');
  });

  it.each([
    [
      'an answer whose other member is null',
      '{"jsonrpc":"2.0","id":@ID@,"result":{"content":[]},"error":null}',
      '{"content":[]}',
    ],
    [
      'null members of a result',
      '{"jsonrpc":"2.0","id":@ID@,"result":{"content":[],"isError":null,"structuredContent":null,"_meta":null}}',
      '{"content":[]}',
    ],
    [
      'fields of a hop in another spelling',
      '{"jsonrpc":"2.0","id":@ID@,"result":{"content":[],"ResultType":"input_required","_META":{"x":1}}}',
      '{"content":[]}',
    ],
  ])('%s', async (_what, line, result) => {
    const { text } = await rpc.call('tools/call', { name: 'script', arguments: { lines: [line] } });
    expect(text).toContain(`"result":${result}`);
  });

  it('its introduction, with null members, is passed on without them', async () => {
    const opened = await openHttp(new URL(SINGLE.path('s'), gateway.origin).href, '2025-11-25', { token: TOKEN });
    expect(JSON.stringify(opened.introduction)).not.toContain('null');
  });
});

describe.each(['2025-06-18', '2025-11-25'])('in the single view, over HTTP, %s', (revision) => {
  const home = homeWithServer();
  let gateway: HttpGateway;
  beforeAll(async () => {
    await writeServers(home, home.log);
    gateway = await serveHttp({ home });
  });
  afterAll(() => gateway.stop());

  it.each(['tools/call', 'prompts/get', 'resources/read', 'vendor/any', 'Notifications/x'])(
    '%s without an id reaches no server: nobody decided on it',
    async (method) => {
      const url = new URL(SINGLE.path('s'), gateway.origin).href;
      const rpc = await openHttp(url, revision, { token: TOKEN });
      const params = '{"name":"delete_all","uri":"file:///secret/b"}';
      expect((await rpc.post(`{"jsonrpc":"2.0","method":"${method}","params":${params}}`)).status).toBe(202);
      expect((await rpc.post('{"jsonrpc":"2.0","method":"notifications/com.example/x","params":{"a":1}}')).status).toBe(
        202,
      );
      await rpc.call('vendor/any', {});
      const received = linesOf(home.log);
      expect(received.some((line) => line.includes('notifications/com.example/x'))).toBe(true);
      expect(received.filter((line) => line.includes('delete_all') || line.includes('secret/b'))).toEqual([]);
      await rpc.close();
    },
  );

  it.each([
    'Tools/call',
    'TOOLS/CALL',
    ' tools/call',
    'tool\u017f/call',
    'tools/call/',
    'resources/READ',
    'Prompts/get',
    'tasks/Get',
    'resources/anything',
    'ping ',
  ])('%s is no method that may be passed on', async (method) => {
    const url = new URL(SINGLE.path('s'), gateway.origin).href;
    const rpc = await openHttp(url, revision, { token: TOKEN });
    const { message } = await rpc.call(method, { name: 'delete_all', uri: 'file:///secret/b' });
    expect(message.error?.code).toBe(-32601);
    expect(linesOf(home.log).filter((line) => line.includes('delete_all'))).toEqual([]);
    await rpc.close();
  });
});

it('extensions may be called like the protocol’s own methods', async () => {
  const home = homeWithServer();
  await writeServers(home, home.log);
  const gateway = await serveHttp({ home });
  const rpc = await openHttp(new URL(SINGLE.path('s'), gateway.origin).href, MODERN, { token: TOKEN });
  for (const method of ['tools.example/call', 'toolsmith/x', 'ping-pong']) {
    await rpc.call(method, {});
    expect(linesOf(home.log).at(-1)).toContain(`"method":"${method}"`);
  }
  await gateway.stop();
});

it.each(['input_required', 'task', 'vendor'])(
  'a server of 2025 has one type of result, whatever it calls it (%s)',
  async (type) => {
    const home = homeWithServer();
    await writeServers(home, home.log);
    const gateway = await serveHttp({ home });
    const rpc = await openHttp(new URL(SINGLE.path('s'), gateway.origin).href, MODERN, { token: TOKEN });
    const asked = '"inputRequests":{"q":{"method":"sampling/createMessage","params":{}}},"taskId":"t"';
    const line = `{"jsonrpc":"2.0","id":@ID@,"result":{"resultType":"${type}","content":[],${asked}}}`;
    const { message } = await rpc.call('tools/call', { name: 'script', arguments: { lines: [line] } });
    expect(message.result?.['resultType']).toBe('complete');
    await gateway.stop();
  },
);

describe('what belongs to the address and the headers', () => {
  const home = homeWithServer();
  let gateway: HttpGateway;
  beforeAll(async () => {
    await writeServers(home, home.log);
    gateway = await serveHttp({ home });
  });
  afterAll(() => gateway.stop());

  it.each(['/mcp/', '/mcp//', '/mcp/servers/s/', '/mcp/servers/s//', '/mcp/?x=1'])('%s is served', async (address) => {
    const body = requestText(1, 'tools/list', {}, MODERN);
    const headers = { ...httpHeaders(MODERN, 'tools/list'), authorization: `Bearer ${TOKEN}` };
    const reply: HttpReply = await request(new URL(address, gateway.origin), { method: 'POST', headers, body });
    expect(reply.status).toBe(200);
    expect(reply.body).toContain(address.includes('servers') ? 'read_notes' : 'search_tools');
  });

  it.each(['/mcp/servers/', '/mcpx', '/mcp/x'])('%s is not', async (address) => {
    const headers = { ...httpHeaders(MODERN, 'tools/list'), authorization: `Bearer ${TOKEN}` };
    const reply = await request(new URL(address, gateway.origin), { method: 'POST', headers, body: '{}' });
    expect(reply.status).toBe(404);
  });

  it.each([
    ['missing', undefined, -32602],
    ['another one', 'task-2', -32020],
  ])('tasks/get with an Mcp-Name that is %s', async (_what, name, code) => {
    const meta = {
      'io.modelcontextprotocol/clientCapabilities': { extensions: { 'io.modelcontextprotocol/tasks': {} } },
    };
    const body = requestText(1, 'tasks/get', { taskId: 'task-1' }, MODERN, { meta });
    const headers = { ...httpHeaders(MODERN, 'tasks/get', name), authorization: `Bearer ${TOKEN}` };
    const reply = await request(gateway.url, { method: 'POST', headers, body });
    expect(JSON.parse(reply.body)).toMatchObject({ id: 1, error: { code } });
  });
});

describe.each(['stdio', 'http'] as const)('null where nothing was meant, over %s', (transport) => {
  const home = homeWithServer();
  let send: (message: string) => Promise<string>;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    await writeServers(home, home.log);
    if (transport === 'stdio') {
      const gateway = await serveStdio({ home });
      stop = gateway.stop;
      send = async (message) => {
        gateway.rpc.send(`${message}\n`);
        return (await gateway.rpc.next()).text;
      };
    } else {
      const gateway = await serveHttp({ home });
      stop = gateway.stop;
      let session: string | undefined;
      send = async (body) => {
        const headers = {
          ...httpHeaders('2025-11-25', 'x'),
          authorization: `Bearer ${TOKEN}`,
          ...(session === undefined ? {} : { 'mcp-session-id': session }),
        };
        const reply = await request(gateway.url, { method: 'POST', headers, body });
        session ??= reply.headers['mcp-session-id'] as string | undefined;
        return reply.body;
      };
    }
  });
  afterAll(() => stop());

  const initialize = (capabilities: string): string =>
    `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":${capabilities},"clientInfo":null}}`;

  it.each([
    'null',
    '[]',
    '{"roots":null,"sampling":null,"extensions":null,"experimental":null}',
    '{"elicitation":{"form":null}}',
    '5',
  ])('a client with "capabilities": %s is introduced', async (capabilities) => {
    expect(await send(initialize(capabilities))).toContain('"protocolVersion"');
  });

  it.each([
    ['params', 'tools/list', 'null', 'search_tools'],
    ['params, as PHP has them', 'tools/list', '[]', 'search_tools'],
    ['a cursor', 'tools/list', '{"cursor":null,"_meta":null}', 'search_tools'],
    [
      'arguments',
      'tools/call',
      '{"name":"list_servers","arguments":null,"task":null,"_meta":{"progressToken":null}}',
      '"result"',
    ],
    ['arguments, as PHP has them', 'tools/call', '{"name":"list_servers","arguments":[]}', '"result"'],
    [
      'args',
      'tools/call',
      '{"name":"execute_tool","arguments":{"server":"s","tool":"read_notes","args":null}}',
      'RAN read_notes',
    ],
    ['arguments of a prompt', 'prompts/get', '{"name":"s__read_prompt","arguments":null}', 'PROMPT read_prompt'],
    [
      'the context of a completion',
      'completion/complete',
      '{"ref":{"type":"ref/prompt","name":"s__read_prompt","title":null},"argument":{"name":"x","value":""},"context":null}',
      '"completion"',
    ],
  ])('%s', async (_what, method, params, expected) => {
    expect(
      await send(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${params},"result":null,"error":null}`),
    ).toContain(expected);
    if (method !== 'tools/list') expect(linesOf(home.log).at(-1) ?? '').not.toContain('null');
  });
});
