/** MCP Apps, extensions that the gateway does not know, and parameters in headers, in every view. */
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { servers } from '../support/home.ts';
import { type HttpReply, openHttp, request } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { MODERN, type RequestExtras, type Rpc, requestText } from '../support/rpc.ts';
import { DIRECT, DISCOVERY, SINGLE, VIEWS, type View, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const CAPABILITIES = {
  sampling: {},
  experimental: { 'com.example/mine': {} },
  extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] }, 'com.example/x': {} },
};
const app = (generation: string): object => ({ command: process.execPath, args: [fixturePath('app'), generation] });

let gateway: HttpGateway;
beforeAll(async () => {
  gateway = await serveHttp({ servers: servers({ legacy: app('legacy'), modern: app('modern') }), rules: viewRules() });
});
afterAll(() => gateway.stop());

type Fields = Readonly<Record<string, unknown>>;

interface Caller {
  call(method: string, params?: object): Promise<Fields>;
  readonly rpc: Rpc;
}

async function connect(revision: string, view: View, server: string): Promise<Caller> {
  const url = gateway.origin + view.path(server);
  const rpc = await openHttp(url, revision, { token: view.token, capabilities: CAPABILITIES });
  const extras: RequestExtras =
    revision === MODERN ? { meta: { 'io.modelcontextprotocol/clientCapabilities': CAPABILITIES } } : {};
  return {
    rpc,
    async call(method, params = {}) {
      const { message, text } = await rpc.call(method, params, extras);
      if (message.result === undefined) throw new Error(text);
      return message.result;
    },
  };
}

const CELLS = [LEGACY, MODERN].flatMap((revision) =>
  ['legacy', 'modern'].flatMap((server) => VIEWS.map((view) => ({ revision, server, view, name: view.name }))),
);

describe.each(CELLS)('$revision caller, $server server, $name', ({ revision, server, view }) => {
  it('the page of an app is found under the name that its tool says, and is the page that the server gave', async () => {
    const { call } = await connect(revision, view, server);
    const own = `ui://${server}/board.html`;
    // Where there are several servers, it says whose page it is.
    const uri = view === SINGLE ? own : `ui://${server}/${server}/board.html`;
    const { contents } = await call('resources/read', { uri });
    const page = { uri, mimeType: 'text/html;profile=mcp-app', text: `<p>${server}</p>`, _meta: { ui: { csp: {} } } };
    expect(contents).toEqual([page]);
    if (view === DISCOVERY) return;
    const { tools } = (await call('tools/list')) as { tools: Fields[] };
    const board = tools.find(({ name }) => name === view.call(server, 'board')['name']);
    expect(board?.['_meta']).toEqual({ ui: { resourceUri: uri, visibility: ['model', 'app'] } });
  });

  it('what a result says to its app is kept', async () => {
    const { call } = await connect(revision, view, server);
    expect((await call('tools/call', view.call(server, 'board')))['_meta']).toMatchObject({ ui: { state: 7 } });
  });

  it('servers learn of the extensions that the gateway knows, and of others where they stand alone', async () => {
    const { call } = await connect(revision, view, server);
    const { content } = (await call('tools/call', view.call(server, 'capabilities'))) as {
      content: { text: string }[];
    };
    const { experimental, extensions } = CAPABILITIES;
    const known = { 'io.modelcontextprotocol/ui': extensions['io.modelcontextprotocol/ui'] };
    expect(JSON.parse(content[0]?.text ?? '')).toEqual(
      view === SINGLE ? { sampling: {}, experimental, extensions } : { sampling: {}, extensions: known },
    );
  });

  it('the gateway says of itself what a server says that stands alone, and else nothing of extensions it does not know', async () => {
    const { rpc, call } = await connect(revision, view, server);
    const { capabilities } =
      revision === MODERN
        ? await call('server/discover')
        : await call('initialize', {
            protocolVersion: LEGACY,
            capabilities: {},
            clientInfo: { name: 'x', version: '1' },
          });
    const said = capabilities as Fields;
    if (view === SINGLE) {
      expect(said).toMatchObject({
        experimental: { 'com.example/trial': { depth: 2 } },
        extensions: { 'io.modelcontextprotocol/ui': {}, 'com.example/x': { level: 1 } },
      });
      expect(await call('com.example/ping', { value: 1e21 })).toMatchObject({ value: 1e21 });
    } else {
      expect(said['experimental']).toBeUndefined();
      const skills = 'io.modelcontextprotocol/skills';
      expect(Object.keys(said['extensions'] ?? {})).toEqual(
        revision === MODERN ? ['io.modelcontextprotocol/tasks', skills] : [skills],
      );
      expect((await rpc.call('com.example/ping')).message.error?.code).toBe(-32601);
    }
  });
});

describe('parameters in headers', () => {
  function post(view: View, server: string, region: string | undefined, header?: string): Promise<HttpReply> {
    const params = view.call(server, 'region', region === undefined ? {} : { region });
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${view.token}`,
      'mcp-protocol-version': MODERN,
      'mcp-method': 'tools/call',
      'mcp-name': String(params['name']),
      'Mcp-Param-Region': header,
    };
    const body = requestText(1, 'tools/call', params, MODERN);
    return request(gateway.origin + view.path(server), { method: 'POST', headers, body });
  }

  const HELLO = `=?base64?${Buffer.from('Grüße').toString('base64')}?=`;

  describe.each([DIRECT, SINGLE])('$name', (view) => {
    it.each(['legacy', 'modern'])(
      'must repeat the arguments of a tool that asks for them: %s server',
      async (server) => {
        for (const [region, header] of [
          ['eu', 'eu'],
          ['Grüße', HELLO],
          [undefined, undefined],
        ] as const) {
          const { status, body } = await post(view, server, region, header);
          expect([status, body]).toEqual([200, expect.stringContaining(`region ${region}`)]);
        }
        for (const [region, header] of [
          ['eu', 'us'],
          ['eu', undefined],
          [undefined, 'eu'],
          ['Grüße', '=?base64?R3L8?='],
        ] as const) {
          const { status, body } = await post(view, server, region, header);
          expect([status, (JSON.parse(body) as { error: { code: number } }).error.code]).toEqual([400, -32020]);
        }
      },
    );
  });

  it("mean nothing in a call of a tool of the gateway's own, which asks for none", async () => {
    expect((await post(DISCOVERY, 'modern', 'eu', 'us')).status).toBe(200);
    expect((await post(DISCOVERY, 'modern', 'eu')).status).toBe(200);
  });
});
