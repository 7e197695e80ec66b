/** The page of a gateway that serves HTTP, `--ui` (docs/ui.md): who may look, who may change something, and that nobody else can make them. */
import { writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { auditRecords, fileText, type Json, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { execute } from '../support/tools.ts';
import { type Page, seriousIn } from '../support/ui.ts';

const OPERATOR = 'operator-'.padEnd(40, 'o');
const BOTH = 'operator-and-agent-'.padEnd(40, 'b');

function rules(more: Json = {}): Json {
  return {
    agents: { default: { allow: { servers: ['calc'] }, ask: { tools: { calc: ['label'] } } } },
    principals: {
      tester: { token_sha256: sha256(TOKEN), may_assume: ['*'] },
      both: { token_sha256: sha256(BOTH), may_assume: ['*'], operator: true },
      ...more,
    },
  };
}
const ANN = { ann: { token_sha256: sha256(OPERATOR), may_assume: [], operator: true } };

let gateway: HttpGateway;
let browser: Browser;

beforeAll(async () => {
  const home = makeHome({ servers: servers({ calc: fixture('calc') }), rules: rules(ANN) });
  const env = { GATEWAY_CORS_ORIGINS: 'https://shared.example' };
  gateway = await serveHttp({ home, args: ['--ui-write', '--workers', '2'], env });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request with whatever headers. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET', origin = gateway.origin) {
  return new Promise<Answer>((resolve, reject) => {
    const sent = request(new URL(path, origin), { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    sent.on('error', reject).end(method === 'POST' ? '{}' : undefined);
  });
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe('who may look', () => {
  it('is an operator of the rules, who says so with each request', async () => {
    const now = async (headers: Record<string, string>, path = '/ui/api/now') => (await ask(path, headers)).status;
    expect(await now({})).toBe(401);
    expect(await now(bearer('x'.repeat(40)))).toBe(401);
    expect(await now({}, `/ui/api/now?token=${OPERATOR}`)).toBe(401);
    expect(await now({ cookie: `token=${OPERATOR}` })).toBe(401);
    const refused = await ask('/ui/api/now', bearer(TOKEN));
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('token create NAME --operator');
    const { text } = await ask('/ui/api/now', bearer(OPERATOR));
    expect(JSON.parse(text)).toMatchObject({ mayWrite: true, gateways: [{ servers: [{ name: 'calc' }] }] });
  });

  it('is nobody behind another name, in a frame, or through the page of somebody else', async () => {
    const own = { ...bearer(OPERATOR), 'content-type': 'application/json' };
    const status = async (headers: Record<string, string>, method = 'GET') =>
      (await ask(method === 'GET' ? '/ui/api/now' : '/ui/api/servers/calc/stop', { ...own, ...headers }, method))
        .status;
    for (const method of ['GET', 'POST']) {
      expect(await status({ host: 'rebound.example' }, method)).toBe(403);
      expect(await status({ origin: 'https://evil.example' }, method)).toBe(403);
      // May call tools, and has nothing to do with the page.
      expect(await status({ origin: 'https://shared.example' }, method)).toBe(403);
      expect(await status({ origin: 'null' }, method)).toBe(403);
      expect(await status({ 'sec-fetch-site': 'cross-site' }, method)).toBe(403);
      expect(await status({ 'sec-fetch-site': 'same-site' }, method)).toBe(403);
    }
    // What a form can send.
    expect(await status({ 'content-type': 'text/plain' }, 'POST')).toBe(400);
    const { headers } = await ask('/ui', { origin: 'https://shared.example' });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/);
    expect(headers['x-frame-options']).toBe('DENY');
    expect((await ask('/ui/../mcp')).status).not.toBe(200);
    expect((await ask('/ui/other')).status).toBe(404);
  });

  it('changes nothing where agents use the same token, and is told no hashes', async () => {
    const both = { ...bearer(BOTH), 'content-type': 'application/json' };
    expect(JSON.parse((await ask('/ui/api/now', both)).text)).toMatchObject({ mayWrite: false });
    expect((await ask('/ui/api/servers/calc/restart', both, 'POST')).status).toBe(403);
    expect((await ask('/ui/api/rules', both)).text).not.toContain(sha256(TOKEN));
  });

  it('is nobody without --ui, and it cannot be had without knowing who looks', async () => {
    const { home } = gateway;
    const plain = await serveHttp({ servers: servers({}), rules: rules(ANN) });
    expect((await ask('/ui', {}, 'GET', plain.origin)).status).toBe(401);
    expect((await ask('/ui/api/now', bearer(OPERATOR), 'GET', plain.origin)).status).toBe(404);
    await plain.stop();
    const looking = await serveHttp({ servers: servers({}), rules: rules(ANN), args: ['--ui'] });
    const { text } = await ask('/ui/api/now', bearer(OPERATOR), 'GET', looking.origin);
    expect(JSON.parse(text)).toMatchObject({ mayWrite: false, gateways: [{ gateway: { transport: 'http' } }] });
    const json = { ...bearer(OPERATOR), 'content-type': 'application/json' };
    expect((await ask('/ui/api/servers/x/stop', json, 'POST', looking.origin)).status).toBe(403);
    await looking.stop();
    const run = (...args: string[]) => runCli(['serve', ...args], { env: home.env, cwd: home.cwd });
    const [open, stdio] = await Promise.all([run('--transport', 'http', '--ui', '--no-auth'), run('--ui-write')]);
    expect(open.stderr).toContain('--ui has to know who looks');
    expect(stdio.stderr).toContain('--ui-write needs --transport http');
  });
});

describe('in a browser', () => {
  let page: Page;

  beforeAll(async () => {
    const context = await browser.newContext({ bypassCSP: true });
    page = await context.newPage();
    await page.goto(new URL('/ui', gateway.origin).href);
  });

  it('asks for the token, and shows the gateway', async () => {
    await page.getByLabel('Token of an operator').fill(TOKEN);
    await page.getByRole('button', { name: 'Look' }).click();
    await page.getByText('This token may not look').waitFor();
    expect(await seriousIn(page)).toEqual([]);
    await page.getByLabel('Token of an operator').fill(OPERATOR);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Calls as they end' }).waitFor();
    expect(page.url()).toMatch(/\/ui#\/now$|\/ui$/);
    expect(await page.context().cookies()).toEqual([]);
  });

  it('shows calls as they end, and lets one through that waits', async () => {
    const rpc = await gateway.open();
    await execute(rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } });
    await page.getByRole('listitem').filter({ hasText: 'calc/add' }).waitFor();
    const calling = execute(rpc, { server: 'calc', tool: 'label', args: { note: 'mine' } });
    await page.getByRole('link', { name: /Approvals/ }).click();
    await page.getByRole('heading', { name: 'default wants to use calc / label' }).waitFor();
    await page.getByRole('button', { name: 'Yes, once' }).click();
    expect((await calling).isError).not.toBe(true);
    expect(JSON.stringify(auditRecords(gateway.home))).toMatch(/"web[^}]*ann|ann[^}]*"web/);
  });

  it('ends with the token: nothing more is told, and the page asks again', async () => {
    await page.getByRole('link', { name: 'Now' }).click();
    await page.getByRole('heading', { name: 'Calls as they end' }).waitFor();
    writeFileSync(gateway.home.rules, fileText(rules()));
    await page.getByLabel('Token of an operator').waitFor();
    await page.getByText('A valid bearer token is needed').waitFor();
  });
});
