/** A resource has one URI: what servers would take for the same under another spelling does not exist. */
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { servers, sha256, TOKEN, withPrincipals } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { until } from '../support/process.ts';
import { MODERN, type Rpc, type RpcMessage } from '../support/rpc.ts';

const LEGACY = '2025-11-25';
const lenient = (label: string): object => ({ command: process.execPath, args: [fixturePath('lenient'), label] });
const tokenOf = (agent: string): string => `${TOKEN}-${agent}`;
const AGENTS = {
  allowed: { allow: { servers: ['docs'], resources: { docs: ['file:///public/*', 'tree:///public/*', 'ui://*'] } } },
  denied: { allow: { servers: ['docs'] }, deny: { resources: { docs: ['file:///secret/*', 'tree:///secret/*'] } } },
  free: { allow: { servers: ['docs', 'other'] } },
  direct: { allow: { servers: ['docs', 'other'] }, expose: 'direct' },
};
const RULES = withPrincipals(AGENTS, {
  principals: {
    ...Object.fromEntries(
      Object.keys(AGENTS).map((agent) => [
        agent,
        { token_sha256: sha256(tokenOf(agent)), may_assume: [agent], default: agent },
      ]),
    ),
    local: { stdio: true, may_assume: ['*'], default: 'denied' },
  },
});
const SETUP = { servers: servers({ docs: lenient('docs'), other: lenient('other') }), rules: RULES };

let gateway: HttpGateway;
beforeAll(async () => {
  gateway = await serveHttp(SETUP);
});
afterAll(() => gateway.stop());

const open = (agent: string, revision: string, single = false): Promise<Rpc> =>
  openHttp(gateway.origin + (single ? '/mcp/servers/docs' : '/mcp'), revision, { token: tokenOf(agent) });

async function read(rpc: Rpc, uri: string): Promise<string | RpcMessage['error']> {
  const { message } = await rpc.call('resources/read', { uri });
  const contents = message.result?.['contents'] as { text: string }[] | undefined;
  return message.error ?? contents?.[0]?.text ?? '';
}

const SPELLINGS = [
  'file:///public/../secret/b',
  'file:///public/%2e%2e/secret/b',
  'file:///public/.%2E\\secret\\b',
  'file:///public/..%2Fsecret%2Fb',
  'file:///public/%252e%252e%252Fsecret',
  'file:///public/a%00',
  'file:///public/a\n',
  'FILE:///secret/b',
  'file:///s\tecret/b',
  'file:///sec\nret/b',
  ' file:///secret/b',
  'file:////secret/b',
  'file:///secret/b/',
  'file:///secret/b?x',
  'file:///secret/%62',
  'file://localhost/secret/b',
  'tree:///secret/b',
  'tree:////secret/b',
  'tree:///public/../secret/b',
  'tree:///s%65cret/b',
  'tree:///public/%2E%2E%2Fsecret/b',
];

describe.each([LEGACY, MODERN])('%s', (revision) => {
  it.each(['allowed', 'denied'])('no spelling leads %s past its rules, in any view', async (agent) => {
    for (const single of [false, true]) {
      const rpc = await open(agent, revision, single);
      const name = (uri: string): string => (single ? uri : `mcp://docs/${uri}`);
      expect(await read(rpc, name('file:///public/a'))).toBe('docs opened file:///public/a');
      for (const spelling of ['file:///secret/b', ...SPELLINGS]) {
        const uri = name(spelling);
        const missing = { code: revision === MODERN ? -32602 : -32002, message: 'Resource not found', data: { uri } };
        expect(await read(rpc, uri), uri).toEqual(missing);
        expect(await read(rpc, spelling), spelling).toEqual({ ...missing, data: { uri: spelling } });
      }
    }
  });

  it('what is listed is found as it is listed, and templates in normal form', async () => {
    const rpc = await open('free', revision, true);
    for (const uri of [
      'file:///public/a',
      'FILE:///public/../odd',
      'note:plain',
      'file:///public/caf%C3%A9',
      'tree:///a/b/c.txt',
      'search://notes?q=x',
    ]) {
      expect(await read(rpc, uri), uri).toContain('docs opened');
    }
    for (const uri of [
      'file:///public/a/b',
      'file:///other',
      'note:other',
      'search://notes?q=x#y',
      'file:///public/é',
    ]) {
      expect(await read(rpc, uri), uri).toMatchObject({ message: 'Resource not found' });
    }
  });

  it('what a result links to is found too, where it can be read in one way only', async () => {
    const rpc = await open('free', revision, true);
    const link = async (): Promise<string> => {
      const { message } = await rpc.call('tools/call', { name: 'link', arguments: {} });
      const content = (message.result?.['content'] ?? []) as { uri: string }[];
      return content[0]?.uri ?? '';
    };
    const uri = await link();
    expect(await read(rpc, uri)).toBe(`docs opened ${uri}`);
    expect(await read(rpc, 'made:///none')).toMatchObject({ message: 'Resource not found' });
    const odd = 'made:///a/../b';
    await rpc.call('tools/call', { name: 'relink', arguments: { uri: odd } });
    expect(await read(rpc, odd)).toMatchObject({ message: 'Resource not found' });
    const up = `made:///up/${revision}`;
    // Data that a tool gives back is no link: its caller may have made it up.
    for (const args of [{ uri: up }, { a: [{ type: 'resource_link', uri: up }] }])
      await rpc.call('tools/call', { name: 'echo', arguments: args });
    expect(await read(rpc, up)).toMatchObject({ message: 'Resource not found' });
    await rpc.call('tools/call', { name: 'relink', arguments: { uri: up } });
    expect(await read(rpc, up)).toBe(`docs opened ${up}`);
  });

  it('completion asks for a template or a resource of the server, and for nothing else', async () => {
    const rpc = await open('denied', revision, true);
    const complete = async (uri: string): Promise<RpcMessage> => {
      const params = { ref: { type: 'ref/resource', uri }, argument: { name: 'name', value: '' } };
      return (await rpc.call('completion/complete', params)).message;
    };
    expect((await complete('file:///public/{name}')).result).toBeDefined();
    expect((await complete('file:///public/a')).result).toBeDefined();
    for (const uri of ['file:///public/../secret/b', 'file:///{name}', 'FILE:///public/{name}', 'file:///secret/b']) {
      expect((await complete(uri)).error, uri).toMatchObject({ code: -32602 });
    }
  });
});

it('subscriptions of both revisions are for the same URIs', async () => {
  const [legacy, modern] = [await open('denied', LEGACY, true), await open('denied', MODERN, true)];
  for (const uri of ['file:///public/../secret/b', 'FILE:///secret/b', 'file:///secret/b', 'file:///none']) {
    expect((await legacy.call('resources/subscribe', { uri })).message.error, uri).toMatchObject({ code: -32002 });
    expect((await legacy.call('resources/unsubscribe', { uri })).message.error, uri).toMatchObject({ code: -32002 });
  }
  const wanted = ['file:///public/a', 'file:///secret/b', 'file:///public/%2e%2e/secret/b', 'tree:///secret/b'];
  let agreed: unknown;
  const stream = modern.start(
    'subscriptions/listen',
    { notifications: { resourceSubscriptions: wanted } },
    { onNotification: ({ params }) => (agreed ??= params?.['notifications']) },
  );
  await until(() => agreed !== undefined, 'the stream is open');
  expect(agreed).toEqual({ resourceSubscriptions: ['file:///public/a'] });
  stream.cancel();
});

it('over stdio too', async () => {
  const { rpc, stop } = await serveStdio(SETUP, LEGACY);
  expect(await read(rpc, 'mcp://docs/file:///public/a')).toBe('docs opened file:///public/a');
  for (const uri of SPELLINGS) {
    expect(await read(rpc, `mcp://docs/${uri}`), uri).toMatchObject({ message: 'Resource not found' });
  }
  await stop();
});

it('a caller that ends a subscription which it does not have ends none of another one', async () => {
  const [one, two, owner] = [
    await open('free', LEGACY),
    await open('denied', LEGACY),
    await open('free', LEGACY, true),
  ];
  const uri = 'mcp://docs/file:///public/a';
  const touch = async (): Promise<unknown> => {
    const { message } = await owner.call('tools/call', { name: 'touch', arguments: { uri: 'file:///public/a' } });
    const content = (message.result?.['content'] ?? []) as { text: string }[];
    return content[0]?.text;
  };
  expect((await one.call('resources/subscribe', { uri })).message.result).toEqual({});
  expect(await touch()).toBe('told');
  const ended = await Promise.all(
    [uri, uri, 'file:///public/a'].map((each) => two.call('resources/unsubscribe', { uri: each })),
  );
  // The bare URI is that of the one server that this caller may use.
  expect(ended.map(({ message }) => message.result)).toEqual([{}, {}, {}]);
  expect(await touch()).toBe('told');
  await two.call('resources/subscribe', { uri });
  await Promise.all([uri, uri, uri].map((each) => two.call('resources/unsubscribe', { uri: each })));
  expect(await touch()).toBe('told');
  await one.call('resources/unsubscribe', { uri });
  expect(await touch()).toBe('nobody asked');
});

describe('two servers with one URI', () => {
  it.each([LEGACY, MODERN])('%s: neither answers for the other', async (revision) => {
    const rpc = await open('direct', revision);
    for (const uri of ['file:///public/a', 'tree:///a', 'ui://board/page.html']) {
      expect(await read(rpc, uri), uri).toMatchObject({ message: 'Resource not found' });
    }
    const { message } = await rpc.call('tools/list');
    const tools = (message.result?.['tools'] ?? []) as { name: string; _meta?: Record<string, unknown> }[];
    for (const server of ['docs', 'other']) {
      const uri = `ui://${server}/board/page.html`;
      const tool = tools.find(({ name }) => name === `${server}__app`);
      expect(tool?._meta).toEqual({ 'ui/resourceUri': uri, ui: { resourceUri: uri, visibility: ['app'] } });
      expect(await read(rpc, uri)).toBe(`${server} opened ui://board/page.html`);
      expect(await read(rpc, `ui://${server}/board/other.html`)).toMatchObject({ message: 'Resource not found' });
    }
  });

  it('who may use one of them alone finds it without saying whose it is', async () => {
    const rpc = await open('denied', MODERN);
    expect(await read(rpc, 'file:///public/a')).toBe('docs opened file:///public/a');
    expect(await read(rpc, 'ui://board/page.html')).toBe('docs opened ui://board/page.html');
  });
});
