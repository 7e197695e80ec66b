import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, type StdioGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { servers, TOKEN, withPrincipals } from '../support/home.ts';
import { type HttpReply, httpHeaders, request } from '../support/http.ts';
import { CORNERS, type Front, open, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { MODERN, modernMeta, type RpcMessage, requestText } from '../support/rpc.ts';
import { errorOf, executeText, type ToolResult, textOf } from '../support/tools.ts';

const SETUP = {
  servers: servers({ calc: fixture('calc', { LABEL: 'here' }) }),
  rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
  env: { GATEWAY_INIT_STRATEGY: 'lazy' },
};

/** The limit on a message from a caller, in bytes (docs/operations.md, Servers). */
const LIMIT = 4 * 1024 * 1024;

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const nested = (levels: number): string =>
  `{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"execute_tool","arguments":{"server":"calc","tool":"label","args":{"x":${deep(levels)}}}}}`;

/** [what, message, JSON-RPC code, id of the error] */
const MESSAGES: readonly (readonly [string, string | Uint8Array, number, unknown])[] = [
  ['no JSON', 'hello', -32700, null],
  ['half a message', '{"jsonrpc":"2.0","id":1,"method":', -32700, null],
  ['a trailing comma', '{"jsonrpc":"2.0","id":1,"method":"ping",}', -32700, null],
  ['two messages on one line', '{"jsonrpc":"2.0","id":1,"method":"ping"}{}', -32700, null],
  ['single quotes', "{'jsonrpc':'2.0'}", -32700, null],
  ['NaN', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":NaN}}', -32700, null],
  ['a raw control character', '{"jsonrpc":"2.0","id":1,"method":"pi\u0001ng"}', -32700, null],
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), -32700, null],
  ['an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]), -32700, null],
  ['a number', '17', -32600, null],
  ['a string', '"ping"', -32600, null],
  ['null', 'null', -32600, null],
  ['no jsonrpc', '{"id":7,"method":"ping"}', -32600, 7],
  ['jsonrpc 1.0', '{"jsonrpc":"1.0","id":7,"method":"ping"}', -32600, 7],
  ['an id of null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, null],
  ['an id of an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600, null],
  ['an id with a fraction', '{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, null],
  ['a method that is no string', '{"jsonrpc":"2.0","id":7,"method":5}', -32600, 7],
  ['params that are an array', '{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}', -32600, 7],
  ['neither method nor result', '{"jsonrpc":"2.0","id":7}', -32600, 7],
  ['a key twice', '{"jsonrpc":"2.0","id":7,"id":8,"method":"ping"}', -32600, null],
  [
    'a key twice in the arguments',
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"execute_tool","arguments":{"server":"calc","server":"x","tool":"label"}}}',
    -32600,
    7,
  ],
  [
    'a key twice, once escaped',
    '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"execute_tool","arguments":{"server":"calc","\\u0073erver":"x","tool":"label"}}}',
    -32600,
    7,
  ],
  ['nesting over the limit', nested(70), -32600, 8],
  ['nesting far over the limit', nested(100_000), -32600, 8],
  ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, null],
  ['an empty batch', '[]', -32600, null],
];

describe.each(['2025-06-18', '2025-11-25', MODERN])('stdio %s', (revision) => {
  let gateway: StdioGateway;
  beforeAll(async () => {
    gateway = await serveStdio(SETUP, revision);
  });
  afterAll(() => gateway.stop());

  const goesOn = async (): Promise<void> => {
    expect(await executeText(gateway.rpc, { server: 'calc', tool: 'label' })).toBe('here');
  };

  it.each(MESSAGES)('%s', async (_what, message, code, id) => {
    gateway.rpc.send(message);
    gateway.rpc.send('\n');
    const answer = await gateway.rpc.next();
    expect(answer.message).toMatchObject({ jsonrpc: '2.0', error: { code } });
    expect(answer.message.id ?? null).toBe(id);
    await goesOn();
  });

  it('a line over the limit', async () => {
    const line = Buffer.alloc(LIMIT + 1_000_000, 0x61);
    gateway.rpc.send(line);
    const answer = await gateway.rpc.next();
    expect(answer.message.error?.code).toBe(-32600);
    gateway.rpc.send(line);
    gateway.rpc.send('\n');
    await goesOn();
  });

  it.each([
    ['first', (filler: string) => `{"jsonrpc":"2.0","id":"big","method":"tools/call","params":{"x":"${filler}"}}`],
    ['last', (filler: string) => `{"method":"tools/call","params":{"x":"${filler}"},"jsonrpc":"2.0","id":"big"}`],
  ])('a request over the limit whose id stands %s is answered, and the owner is told', async (_where, text) => {
    gateway.rpc.send(`${text('x'.repeat(LIMIT))}\n`);
    expect((await gateway.rpc.next()).message).toMatchObject({ id: 'big', error: { code: -32600 } });
    await goesOn();
    await gateway.running.waitForStderr(/"level":"warn".*"why":"The message is longer than 4194304 bytes/);
  });

  it('a message as large as the limit allows', async () => {
    const filler = 'x'.repeat(LIMIT - 1_000);
    const args = { server: 'calc', tool: 'label', args: { filler } };
    const { message } = await gateway.rpc.call('tools/call', { name: 'execute_tool', arguments: args });
    expect(textOf(message.result as unknown as ToolResult)).toBe('here');
  });

  it('blank lines, \\r\\n and white space around a message are nothing bad', async () => {
    gateway.rpc.send('\n  \r\n\t\n');
    const { text } = { text: requestText(900, 'tools/list', {}, revision) };
    gateway.rpc.send(`  ${text}  \r\n`);
    const answer = await gateway.rpc.next();
    expect(answer.message).toMatchObject({ id: 900, result: {} });
  });

  it('a message in many small pieces, cut inside a character', async () => {
    const bytes = Buffer.from(`${requestText(901, 'tools/list', { note: 'żółw 😀' }, revision)}\n`);
    for (const byte of bytes) gateway.rpc.send(Uint8Array.of(byte));
    expect((await gateway.rpc.next()).message.id).toBe(901);
  });

  it('answers and notifications that nobody asked for are ignored', async () => {
    gateway.rpc.send('{"jsonrpc":"2.0","id":77,"result":{}}\n');
    gateway.rpc.send('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"x"}}\n');
    gateway.rpc.send('{"jsonrpc":"2.0","method":"notifications/unknown"}\n');
    gateway.rpc.send('{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":4711}}\n');
    await goesOn();
  });

  it('string ids, large ids and negative ids come back as they were', async () => {
    for (const id of ['"abc"', '"\\u0061\\n"', '-5', '12345678901234567890', '0']) {
      gateway.rpc.send(`${requestText(1, 'tools/list', {}, revision).replace('"id":1', `"id":${id}`)}\n`);
      const { text } = await gateway.rpc.next();
      const expected = id.startsWith('"') ? JSON.stringify(JSON.parse(id)) : id;
      expect(text).toContain(`"id":${expected}`);
      expect(JSON.parse(text)).toHaveProperty('result');
    }
  });
});

it('stdio: a request before initialize is refused, and initialize works afterwards', async () => {
  const gateway = await serveStdio(SETUP);
  gateway.rpc.send('{"jsonrpc":"2.0","id":"a","method":"tools/list"}\n');
  expect((await gateway.rpc.next()).message).toMatchObject({ id: 'a', error: { code: -32600 } });
  gateway.rpc.send(
    '{"jsonrpc":"2.0","id":"b","method":"initialize","params":{"protocolVersion":"1999-01-01","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}\n',
  );
  // A version that is not spoken is answered with one that is (2025-11-25, basic/lifecycle).
  expect((await gateway.rpc.next()).message.result).toMatchObject({ protocolVersion: '2025-11-25' });
  await gateway.stop();
});

it('stdio: batches work in the one revision that has them', async () => {
  const gateway = await serveStdio(SETUP, '2025-03-26');
  const batch = [
    { jsonrpc: '2.0', id: 'p', method: 'ping' },
    { jsonrpc: '2.0', method: 'notifications/unknown' },
    { jsonrpc: '2.0', id: 'q', method: 'no/such' },
    { nonsense: true },
  ];
  gateway.rpc.send(`${JSON.stringify(batch)}\n`);
  const { message } = await gateway.rpc.next();
  const answers = message as unknown as RpcMessage[];
  expect(answers).toHaveLength(3);
  expect(answers).toContainEqual(expect.objectContaining({ id: 'p', result: {} }));
  expect(answers.find(({ id }) => id === 'q')?.error?.code).toBe(-32601);
  await gateway.stop();
});

overMatrix(CORNERS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await open(kind, SETUP);
  });
  afterAll(() => front.stop());

  it('an unknown method', async () => {
    for (const method of ['no/such', 'tools/List', '__proto__', 'constructor', 'resources/lists']) {
      const { message, status } = await front.rpc.call(method, {});
      expect(message.error?.code, method).toBe(-32601);
      if (kind.transport === 'http' && kind.revision === MODERN) expect(status).toBe(404);
    }
  });

  it('ping exists in the revisions of 2025 only', async () => {
    const { message } = await front.rpc.call('ping', {});
    if (kind.revision === MODERN) expect(message.error?.code).toBe(-32601);
    else expect(message.result).toEqual({});
  });

  it.each([
    ['no name', '{}'],
    ['a name that is no string', '{"name":5}'],
    ['an unknown tool', '{"name":"no_such_tool","arguments":{}}'],
    ['a tool named like a property of every object', '{"name":"constructor","arguments":{}}'],
  ])('tools/call with %s', async (_what, params) => {
    // Over HTTP the name travels in a header too: what is no string has none there.
    const { message } = await front.rpc.call('tools/call', params);
    expect([-32602, -32020]).toContain(message.error?.code);
  });

  it.each([
    ['a number', '5'],
    ['an array', '[]'],
    ['a string', '"{}"'],
    ['an unknown argument', '{"server":"calc","tool":"label","arguments":{}}'],
    ['no server', '{"tool":"label"}'],
    ['a server of the wrong type', '{"server":1,"tool":"label"}'],
    ['a time-out below zero', '{"server":"calc","tool":"label","timeout_ms":-1}'],
    ['a time-out that is no number', '{"server":"calc","tool":"label","timeout_ms":"soon"}'],
    ['args of a number', '{"server":"calc","tool":"label","args":5}'],
    ['args of an array', '{"server":"calc","tool":"label","args":[1]}'],
    ['args in a string that is no object', '{"server":"calc","tool":"label","args":"[1]"}'],
    ['args in a string that is no JSON', '{"server":"calc","tool":"label","args":"{a:1}"}'],
    ['args in a string with a key twice', '{"server":"calc","tool":"label","args":"{\\"a\\":1,\\"a\\":2}"}'],
    ['args in a string nested too deep', `{"server":"calc","tool":"label","args":"{\\"a\\":${deep(100)}}"}`],
  ])('execute_tool with %s', async (_what, args) => {
    const { message } = await front.rpc.call('tools/call', `{"name":"execute_tool","arguments":${args}}`);
    const error = errorOf(message.result as unknown as ToolResult);
    expect(error.code).toBe('INVALID_ARGUMENTS');
    expect(error.message).toContain('execute_tool');
  });
});

describe('HTTP', () => {
  let gateway: HttpGateway;
  beforeAll(async () => {
    gateway = await serveHttp(SETUP);
  });
  afterAll(() => gateway.stop());

  const post = (
    body: string | Uint8Array,
    headers: Record<string, string | undefined> = {},
    revision = MODERN,
    method = 'tools/list',
  ): Promise<HttpReply> =>
    request(gateway.url, {
      method: 'POST',
      headers: { ...httpHeaders(revision, method), authorization: `Bearer ${TOKEN}`, ...headers },
      body,
    });
  const codeOf = (reply: HttpReply): number | undefined => (JSON.parse(reply.body) as RpcMessage).error?.code;

  it.each(MESSAGES.filter(([what]) => what !== 'two messages on one line'))('%s', async (_what, message, code, id) => {
    const reply = await post(message);
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe(code);
    expect((JSON.parse(reply.body) as RpcMessage).id ?? null).toBe(id);
  });

  it('a body over the limit: 413', async () => {
    // Only announced: what is sent after the answer may meet a closed connection.
    expect((await post('{', { 'content-length': String(LIMIT + 1) })).status).toBe(413);
  });

  it('an empty body', async () => {
    expect((await post('')).status).toBe(400);
  });

  const LIST = requestText(1, 'tools/list', {}, MODERN);
  const CALL = requestText(1, 'tools/call', { name: 'list_servers', arguments: {} }, MODERN);

  it.each([
    ['no MCP-Protocol-Version', LIST, { 'mcp-protocol-version': undefined }],
    ['another MCP-Protocol-Version', LIST, { 'mcp-protocol-version': '2025-11-25' }],
    ['no Mcp-Method', LIST, { 'mcp-method': undefined }],
    ['another Mcp-Method', LIST, { 'mcp-method': 'ping' }],
    ['Mcp-Method in another case', LIST, { 'mcp-method': 'Tools/List' }],
    ['no Mcp-Name', CALL, { 'mcp-method': 'tools/call' }],
    ['another Mcp-Name', CALL, { 'mcp-method': 'tools/call', 'mcp-name': 'execute_tool' }],
    ['a broken encoded Mcp-Name', CALL, { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?/////w==?=' }],
  ])('2026-07-28 with %s: 400 and -32020', async (_what, body, headers) => {
    const reply = await post(body, headers);
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe(-32020);
    expect((JSON.parse(reply.body) as RpcMessage).id).toBe(1);
  });

  it('an encoded Mcp-Name is decoded before it is compared', async () => {
    const encoded = `=?base64?${Buffer.from('list_servers').toString('base64')}?=`;
    expect((await post(CALL, { 'mcp-method': 'tools/call', 'mcp-name': encoded })).status).toBe(200);
  });

  it('a version that is not spoken: 400, -32022 and the list of those that are', async () => {
    const meta = modernMeta('2031-01-01');
    const body = JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'tools/list', params: { _meta: meta } });
    const reply = await post(body, { 'mcp-protocol-version': '2031-01-01' });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body)).toMatchObject({
      id: 5,
      error: {
        code: -32022,
        data: { supported: expect.arrayContaining([MODERN]) as unknown, requested: '2031-01-01' },
      },
    });
  });

  it.each(['clientCapabilities', 'protocolVersion'])('_meta without %s: 400 and -32602', async (field) => {
    const meta = modernMeta();
    delete meta[`io.modelcontextprotocol/${field}`];
    const body = JSON.stringify({ jsonrpc: '2.0', id: 5, method: 'tools/list', params: { _meta: meta } });
    const reply = await post(body);
    expect(reply.status).toBe(400);
    expect([-32602, -32020]).toContain(codeOf(reply));
  });

  it('revisions of 2025: a request without a session is refused with 400, in an unknown one with 404', async () => {
    const body = '{"jsonrpc":"2.0","id":3,"method":"tools/list"}';
    expect((await post(body, {}, '2025-11-25')).status).toBe(400);
    expect((await post(body, { 'mcp-session-id': 'f'.repeat(32) }, '2025-11-25')).status).toBe(404);
  });

  it('revisions of 2025: a version that is not spoken is refused with 400', async () => {
    const rpc = await gateway.open('2025-11-25');
    const body = '{"jsonrpc":"2.0","id":3,"method":"tools/list"}';
    const session = (rpc as unknown as { session: string }).session;
    const reply = await post(body, { 'mcp-session-id': session, 'mcp-protocol-version': '1999-01-01' }, '2025-11-25');
    expect(reply.status).toBe(400);
    await rpc.close();
  });
});
