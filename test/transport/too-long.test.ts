/** What is longer than a client over stdio can read: it would end the connection, and with it that to every other server. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StdioGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { type Home, makeHome, servers, TOKEN, withPrincipals } from '../support/home.ts';
import { type HttpReply, openHttp, request } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { sdkV1, sdkV2 } from '../support/sdk.ts';
import { dataOf, errorOf, execute, executeText, textOf } from '../support/tools.ts';

/** The official clients read 10 MiB. */
const TOO_LONG = 11_000_000;
const FITS = 10_000_000;
const RULES = withPrincipals({ default: { allow: { servers: ['*'] } } });

function setup(): Home {
  const home = makeHome({ rules: RULES });
  writeFileSync(home.servers, JSON.stringify(servers({ large: fixture('large'), calc: fixture('calc') })));
  return home;
}

const word = (bytes: number) => ({ server: 'large', tool: 'word', args: { bytes } });
const add = { server: 'calc', tool: 'add', args: { a: 1, b: 2 } };

it.each([
  ['1', sdkV1, '2025-11-25'],
  ['2', sdkV2, MODERN],
] as const)(
  'a result that official client %s cannot read is an error of that call alone',
  async (_name, open, revision) => {
    const home = setup();
    const client = await open({ home }, revision);
    expect(errorOf(await client.callTool('execute_tool', word(TOO_LONG)))).toEqual({
      code: 'RESULT_TOO_LONG',
      message: expect.stringMatching(/^The call was executed, but its answer has 110\d{5} bytes, .* Ask for less/),
    });
    expect(textOf(await client.callTool('execute_tool', add))).toBe('3');
    expect(textOf(await client.callTool('execute_tool', word(FITS)))).toHaveLength(FITS / 2);
    await client.close();
    home.remove();
  },
);

describe('over stdio', () => {
  let gateway: StdioGateway;
  beforeAll(async () => {
    gateway = await serveStdio({ home: setup() }, '2025-11-25', { sampling: {} });
  });
  afterAll(() => gateway.stop());

  it('a resource that is too long is an error of the protocol, and the log has it', async () => {
    const { message } = await gateway.rpc.call('resources/read', { uri: `mcp://large/file:///${TOO_LONG}` });
    expect(message.error).toEqual({
      code: -32603,
      message: expect.stringContaining('Ask for less at a time, or connect over HTTP.'),
      data: { code: 'RESULT_TOO_LONG' },
    });
    await gateway.running.waitForStderr(/"method":"resources\/read".*an answer was too long for a client over stdio/);
  });

  it('a notification that is too long is dropped, and the next one is not', async () => {
    const heard: unknown[] = [];
    const result = await execute(
      gateway.rpc,
      { server: 'large', tool: 'tell', args: { bytes: TOO_LONG } },
      { meta: { progressToken: 'p' }, onNotification: ({ params }) => heard.push(params?.['progress']) },
    );
    expect([textOf(result), heard]).toEqual(['told', [2]]);
    await gateway.running.waitForStderr(/a message was too long for a client over stdio/);
  });

  it('a question that is too long is answered for the client', async () => {
    expect(await executeText(gateway.rpc, { server: 'large', tool: 'ask', args: { bytes: TOO_LONG } })).toBe(
      'The question is longer than the client can read.',
    );
  });
});

it('an answer of the client over HTTP that is refused ends its question, alone and in a batch', async () => {
  const gateway = await serveHttp({ home: setup() });
  for (const revision of ['2025-11-25', '2025-03-26']) {
    const rpc = await openHttp(gateway.url, revision, { token: TOKEN, capabilities: { sampling: {} } });
    const posts: Promise<HttpReply>[] = [];
    const result = await execute(
      rpc,
      { server: 'large', tool: 'ask', args: { bytes: 10 } },
      {
        onNotification({ id, method }) {
          if (method !== 'sampling/createMessage') return;
          const answer = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{},"error":{}}`;
          posts.push(rpc.post(revision === '2025-03-26' ? `[${answer}]` : answer));
        },
      },
    );
    const why = 'The message has both "result" and "error".';
    expect(textOf(result)).toBe(`The client's answer was refused: ${why}`);
    expect((await Promise.all(posts)).map(({ body }) => body)).toEqual([expect.stringContaining(JSON.stringify(why))]);
    await rpc.close();
  }
  await gateway.stop();
});

it('an answer over HTTP that is too large, no UTF-8 or in a batch that is refused ends its question', async () => {
  const gateway = await serveHttp({ home: setup(), env: { GATEWAY_MAX_REQUEST_BYTES: '70000' } });
  const rpc = await openHttp(gateway.url, '2025-11-25', { token: TOKEN, capabilities: { sampling: {} } });
  const bodies: ((id: string) => string | Buffer)[] = [
    (id) => `{"jsonrpc":"2.0","result":{"x":"${'x'.repeat(200_000)}"},"id":${id}}`,
    (id) => Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"x":"\xff"}}`, 'latin1'),
    (id) => `[{"jsonrpc":"2.0","id":${id},"result":{}}]`,
  ];
  for (const body of bodies) {
    const posts: Promise<HttpReply>[] = [];
    const ask = { server: 'large', tool: 'ask', args: { bytes: 10 } };
    const result = await execute(rpc, ask, {
      onNotification({ id, method }) {
        if (method !== 'sampling/createMessage') return;
        const headers = rpc.headers('x');
        posts.push(request(rpc.url, { method: 'POST', headers, body: body(JSON.stringify(id)) }));
      },
    });
    expect(textOf(result)).toMatch(/^The client's answer was refused: /);
    await Promise.all(posts);
  }
  await gateway.stop();
});

describe('the limits of messages', () => {
  it('are settings', async () => {
    const gateway = await serveHttp({
      home: setup(),
      env: { GATEWAY_MAX_REQUEST_BYTES: '70000', GATEWAY_MAX_RESPONSE_BYTES: '100000' },
      args: ['--workers', '2'],
    });
    const rpc = await gateway.open();
    expect(dataOf(await execute(rpc, add))).toBe(3);
    const long = await execute(rpc, word(120_000));
    expect(errorOf(long).message).toContain('wrote a line that is too long');
    const { message } = await rpc.call('tools/call', { name: 'x', arguments: { pad: 'x'.repeat(80_000) } });
    expect(message.error?.message).toBe('The body is larger than 70000 bytes.');
    await gateway.stop();
  });

  it('have limits themselves', async () => {
    const home = setup();
    for (const value of ['1000', '1e6', '4 MiB', '999999999']) {
      const { code, stderr } = await runCli(['validate'], {
        env: { ...home.env, GATEWAY_MAX_REQUEST_BYTES: value },
        cwd: home.cwd,
      });
      expect([code, stderr]).toEqual([2, expect.stringContaining('GATEWAY_MAX_REQUEST_BYTES takes a number of bytes')]);
    }
    home.remove();
  });
});
