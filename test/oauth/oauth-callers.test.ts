/** Servers behind OAuth, seen from who calls and from who owns the gateway: whom the gateway asks to sign in, and how. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import {
  auditRecords,
  type Home,
  type Json,
  makeHome,
  servers,
  sha256,
  TOKEN,
  withPrincipals,
} from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { PROCESSES } from '../support/matrix.ts';
import { runCli, startGateway } from '../support/process.ts';
import { type ProtectedServer, startProtected } from '../support/protected.ts';
import { MODERN, type RpcMessage } from '../support/rpc.ts';
import { type SignInServer, startSignInServer } from '../support/sign-in-server.ts';
import { call, callTool, errorOf, execute, executeText, resultOf, textOf } from '../support/tools.ts';
import { walk } from '../support/walk.ts';

const OPEN = { elicitation: { url: {} } };
const CALL = { server: 'notes', tool: 'echo', args: { text: 'hello' } };

let issuer: SignInServer;
let server: ProtectedServer;

beforeAll(async () => {
  issuer = await startSignInServer();
  server = await startProtected(issuer, 'modern');
});
afterAll(() => Promise.all([server.stop(), issuer.stop()]));

const entries = (more: object = {}) => servers({ notes: { url: server.url, ...more } });
const RULES = { agents: { default: { allow: { servers: ['*'] } } } };
const linkIn = (text: string): string => /https?:\/\/[^\s"]+/.exec(text)?.[0] ?? `no link in: ${text}`;
const open = (link: string, login: string) => walk(link, { fields: { login } });

describe('a caller that can open links', () => {
  it('of 2025-11-25 is asked, and its call goes on after the sign-in', async () => {
    const gateway = await serveStdio({ servers: entries(), rules: RULES }, '2025-11-25', OPEN);
    const { rpc } = gateway;
    const heard: RpcMessage[] = [];
    rpc.listen((message) => {
      heard.push(message);
      if (message.method !== 'elicitation/create') return;
      void open(String(message.params?.['url']), 'alice').then(() =>
        rpc.send(`${JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { action: 'accept' } })}\n`),
      );
    });
    expect(await executeText(rpc, CALL)).toContain('hello');
    const [question, ...others] = heard.filter(({ method }) => method?.includes('elicitation'));
    const { elicitationId } = question?.params ?? {};
    expect(question?.params).toMatchObject({ mode: 'url', message: expect.stringContaining('notes') });
    expect(others).toEqual([
      expect.objectContaining({ method: 'notifications/elicitation/complete', params: { elicitationId } }),
    ]);
    await gateway.stop();
  });

  const DECIDED: [string, Json, string][] = [
    ['denied', { allow: { servers: ['*'], access: { '*': ['read'] } } }, 'DENIED_BY_POLICY'],
    ['not read', { allow: { servers: ['*'] }, execute: 'split' }, 'INVALID_ARGUMENTS'],
    ['allowed', { allow: { servers: ['*'], access: { '*': ['unknown'] } } }, 'hello'],
  ];
  it.each(DECIDED)(
    'is decided on what the tool does, which only the sign-in shows: %s',
    async (_what, rules, outcome) => {
      const gateway = await serveStdio(
        { servers: entries(), rules: { agents: { default: rules } } },
        '2025-11-25',
        OPEN,
      );
      const { rpc, home } = gateway;
      rpc.listen(({ id, method, params }) => {
        if (method !== 'elicitation/create') return;
        void open(String(params?.['url']), 'alice').then(() =>
          rpc.send(`${JSON.stringify({ jsonrpc: '2.0', id, result: { action: 'accept' } })}\n`),
        );
      });
      const executor = rules['execute'] === undefined ? 'execute_tool' : 'execute_read';
      expect(textOf(await callTool(rpc, executor, CALL))).toContain(outcome);
      const phases = auditRecords(home).flatMap(({ operation, phase }) => (operation === executor ? [phase] : []));
      expect(phases).toEqual(outcome === 'hello' ? ['decided', 'finished'] : ['finished']);
      await gateway.stop();
    },
  );

  it('of 2025-11-25 that declines gets the link in words', async () => {
    const gateway = await serveStdio({ servers: entries(), rules: RULES }, '2025-11-25', OPEN);
    const { rpc } = gateway;
    rpc.listen(({ id, method }) => {
      if (method !== 'elicitation/create') return;
      rpc.send(`${JSON.stringify({ jsonrpc: '2.0', id, result: { action: 'decline' } })}\n`);
    });
    const { code, message } = errorOf(await execute(rpc, CALL));
    expect(code).toBe('AUTH_REQUIRED');
    expect(linkIn(message)).toContain(issuer.url);
    await gateway.stop();
  });

  it('of 2026-07-28 is asked by input_required, and comes back', async () => {
    const gateway = await serveStdio({ servers: entries(), rules: RULES }, MODERN);
    const { rpc } = gateway;
    const meta = { 'io.modelcontextprotocol/clientCapabilities': OPEN };
    const asked = (await call(rpc, 'execute_tool', CALL, { meta })).message.result ?? {};
    expect(asked).toMatchObject({
      resultType: 'input_required',
      inputRequests: { 'sign-in': { method: 'elicitation/create', params: { mode: 'url' } } },
    });
    const { requestState, inputRequests } = asked as {
      readonly requestState: string;
      readonly inputRequests: Readonly<Record<string, { readonly params: { readonly url: string } }>>;
    };
    const again = (action: string) =>
      rpc.call(
        'tools/call',
        { name: 'execute_tool', arguments: CALL, requestState, inputResponses: { 'sign-in': { action } } },
        { meta },
      );
    const declined = resultOf(await again('decline'));
    expect(errorOf(declined).code).toBe('AUTH_REQUIRED');
    await open(inputRequests['sign-in']?.params.url ?? '', 'bob');
    expect(textOf(resultOf(await again('accept')))).toContain('hello');
    await gateway.stop();
  });
});

describe('the owner', () => {
  let home: Home;
  const command = (...args: string[]) => runCli(['auth', ...args], { env: home.env, cwd: home.cwd });
  beforeAll(() => {
    home = makeHome({
      servers: { mcpServers: { notes: { url: server.url }, key: KEYED, local: { command: 'true' } } },
      rules: RULES,
    });
  });
  afterAll(() => home.remove());
  const KEYED = { url: 'http://127.0.0.1:9/mcp', headers: { Authorization: 'Bearer of-the-entry' } };

  it('who calls a tool on the command line is sent to auth login', async () => {
    const args = ['tools', 'call', 'notes', 'echo', '--agent', 'default'];
    const { code, stderr } = await runCli(args, { env: home.env, cwd: home.cwd });
    expect([code, stderr]).toEqual([4, expect.stringContaining('agent-mcp-gateway auth login notes')]);
    expect(stderr).not.toContain(issuer.url);
  });

  it('signs in with a browser on this machine, sees it, and ends it', async () => {
    const login = startGateway(['auth', 'login', 'notes', '--no-browser'], { env: home.env, cwd: home.cwd });
    const [, link = ''] = await login.waitForStderr(/^ {2}(http\S+)$/m);
    expect((await open(link, 'carol')).text).toContain('You are signed in');
    expect((await login.exited).code).toBe(0);

    const { stdout } = await command('status', '--json');
    expect(JSON.parse(stdout)).toEqual([
      {
        server: 'notes',
        state: 'signed-in',
        credentials: 'gateway',
        issuer: issuer.url,
        client_id: expect.any(String),
        scopes: ['tools'],
        expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
        renews: true,
      },
      { server: 'key', state: 'header' },
    ]);
    for (const secret of issuer.secrets) expect(stdout).not.toContain(secret);

    const gateway = await serveStdio({ home }, MODERN);
    expect(await executeText(gateway.rpc, CALL)).toContain('hello');
    expect(server.subjects.at(-1)).toBe('carol');
    gateway.running.child.stdin?.end();
    await gateway.running.exited;

    const { refresh, client } = issuer.last;
    expect((await command('logout', 'notes')).stdout).toBe('Signed out of "notes".\n');
    expect((await command('logout', 'notes')).stdout).toBe('Nobody was signed in to "notes".\n');
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh, client_id: client });
    expect((await fetch(`${issuer.url}/token`, { method: 'POST', body })).status).toBe(400);
  });

  it('signs in with a browser on another machine; gateways that run offer the tools then', async () => {
    const gateway = await serveStdio({ home, args: ['--expose', 'direct'] }, '2025-11-25');
    const toolsOf = async () => (await gateway.rpc.call('tools/list')).message.result?.['tools'];
    const changed = new Promise<void>((resolve) => {
      gateway.rpc.listen(({ method }) => {
        if (method === 'notifications/tools/list_changed') resolve();
      });
    });
    expect(await toolsOf()).toEqual([]);
    const login = startGateway(['auth', 'login', 'notes', '--no-browser'], { env: home.env, cwd: home.cwd });
    const [, link = ''] = await login.waitForStderr(/^ {2}(http\S+)$/m);
    const { url } = await walk(link, { fields: { login: 'dave' }, stopAt: ({ pathname }) => pathname === '/callback' });
    login.child.stdin?.write('not an address\n');
    await login.waitForStderr(/That is no address/);
    login.child.stdin?.write(`${url}\n`);
    expect((await login.exited).code).toBe(0);
    expect((await command('status')).stdout).toMatch(/^notes +signed-in /m);
    await changed;
    expect(await toolsOf()).toContainEqual(expect.objectContaining({ name: 'notes__echo' }));
    gateway.running.child.stdin?.end();
    await gateway.running.exited;
  });

  it.each([
    ['login', 'nobody', 2, 'There is no server "nobody"'],
    ['login', 'local', 2, 'it is a program'],
    ['login', 'key', 2, 'its entry has an Authorization header'],
  ])('auth %s %s ends with %d', async (what, name, code, message) => {
    const done = await command(what, name);
    expect([done.code, done.stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe('several principals', () => {
  const OTHER = randomBytes(32).toString('base64url');
  let gateway: HttpGateway;
  const start = (more: object, args: readonly string[] = []): Promise<HttpGateway> => {
    const rules = withPrincipals(RULES.agents);
    const principals = {
      ...(rules['principals'] as object),
      other: { token_sha256: sha256(OTHER), may_assume: ['*'] },
    };
    return serveHttp({
      servers: entries(more),
      rules: { ...rules, principals },
      args: ['--public-url', 'http://127.0.0.1', ...args],
    });
  };
  const as = (token: string) => openHttp(gateway.url, MODERN, { token });
  /** The public address is that of a proxy in front; here the test goes to the gateway itself. */
  const direct = (link: string): string => link.replace('http://127.0.0.1/', `${gateway.origin}/`);

  it('with the credentials of the gateway: only its owner can sign in, on its machine', async () => {
    gateway = await start({});
    const { code, message } = errorOf(await execute(await as(TOKEN), CALL));
    expect(code).toBe('AUTH_REQUIRED');
    expect(message).toContain('agent-mcp-gateway auth login notes');
    expect(message).not.toMatch(/https?:/);
    await gateway.stop();
  });

  it('where there is only one, on this machine, it gets the link', async () => {
    gateway = await serveHttp({ servers: entries(), rules: RULES, args: ['--no-auth'] });
    const rpc = await openHttp(gateway.url, '2025-11-25');
    const link = linkIn(errorOf(await execute(rpc, CALL)).message);
    expect(new URL(link).searchParams.get('redirect_uri')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
    await open(link, 'grace');
    expect(await executeText(rpc, CALL)).toContain('hello');
    await gateway.stop();
  });

  describe.each(PROCESSES)('with credentials of their own, %s', (_name, args) => {
    beforeAll(async () => {
      gateway = await start({ credentials: 'per-principal' }, args);
    });
    afterAll(() => gateway.stop());

    const signIn = async (link: string, token: string, login: string) => {
      const jar = new Map<string, Map<string, string>>();
      const stopAt = ({ pathname }: URL): boolean => pathname === '/oauth/callback';
      const { url, text, status } = await walk(direct(link), { fields: { token, login }, jar, stopAt });
      return stopAt(new URL(url)) ? { jar, back: direct(url) } : { jar, back: undefined, text, status };
    };

    it('each signs in for itself, by a link that only it can use', async () => {
      const link = linkIn(errorOf(await execute(await as(TOKEN), CALL)).message);
      expect(link).toMatch(/^http:\/\/127\.0\.0\.1\/oauth\/start\?id=/);
      const page = await fetch(direct(link));
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(await page.text()).not.toContain('<script');

      // Somebody else who was sent the link cannot sign in for the one who asked.
      const stranger = await signIn(link, OTHER, 'mallory');
      expect([stranger.status, stranger.text]).toEqual([403, expect.stringContaining('for nobody else')]);

      const { back = '', jar } = await signIn(link, TOKEN, 'erin');
      // The answer of the authorization server counts only in the browser that began.
      const elsewhere = await walk(back, { fields: {} });
      expect([elsewhere.status, elsewhere.text]).toEqual([400, expect.stringContaining('did not begin this sign-in')]);
      const last = await walk(back, { fields: {}, jar });
      expect(last.text).toContain('You are signed in');
      const replayed = await walk(back, { fields: {}, jar });
      expect(replayed.status).toBe(400);

      expect(await executeText(await as(TOKEN), CALL)).toContain('hello');
      expect(server.subjects.at(-1)).toBe('erin');
    });

    it('nobody gets the connection or the token of somebody else', async () => {
      const link = linkIn(errorOf(await execute(await as(OTHER), CALL)).message);
      const { back = '', jar } = await signIn(link, OTHER, 'frank');
      await walk(back, { fields: {}, jar });
      const before = server.subjects.length;
      expect(await executeText(await as(OTHER), CALL)).toContain('hello');
      expect(new Set(server.subjects.slice(before))).toEqual(new Set(['frank']));
      const later = server.subjects.length;
      expect(await executeText(await as(TOKEN), CALL)).toContain('hello');
      expect(new Set(server.subjects.slice(later))).toEqual(new Set(['erin']));
    });
  });
});
