/** An API under all that rules can say: arguments, people, budgets, combinations, kept results; behind a sign-in, and with several workers. */
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AskingHome, askingHome } from '../support/approvals.ts';
import { openBrowser, signIn } from '../support/browser.ts';
import { type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, servers } from '../support/home.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { startSignInServer } from '../support/sign-in-server.ts';
import { errorOf, execute, type ToolResult } from '../support/tools.ts';

const LONG = process.env['LONG'] === '1';
const parameter = { name: 'id', in: 'path', required: true, schema: { type: 'integer' } };
const responses = { '200': { description: 'ok' } };
const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'Pets', version: '1' },
  paths: {
    '/pets/{id}': {
      parameters: [parameter],
      get: { operationId: 'getPet', responses },
      put: { operationId: 'sendPet', responses },
      delete: { operationId: 'deletePet', responses },
    },
    '/pets': {
      get: { operationId: 'listPets', responses, parameters: [{ name: 'q', in: 'query', schema: { type: 'string' } }] },
    },
  },
};

/** What the API was asked. */
const asked: string[] = [];
let mayAsk: (request: IncomingMessage) => Promise<boolean> = async () => true;
const api: Server = createServer(async (request, response) => {
  const here = `http://${request.headers.host}`;
  if (request.url === '/.well-known/oauth-protected-resource/v1/') {
    response.writeHead(200, { 'content-type': 'application/json' });
    const facts = { resource: `${here}/v1/`, authorization_servers: [issuer?.url], scopes_supported: ['tools'] };
    response.end(JSON.stringify(facts));
    return;
  }
  if (!(await mayAsk(request))) {
    const metadata = `${here}/.well-known/oauth-protected-resource/v1/`;
    response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${metadata}"` }).end();
    return;
  }
  asked.push(`${request.method} ${request.url}`);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ count: asked.length }));
});

let issuer: Awaited<ReturnType<typeof startSignInServer>> | undefined;
let where: AskingHome;
let gateway: HttpGateway;
let rpcs: Rpc[];
const DEV = {
  allow: {
    servers: ['pets', 'private'],
    tools: { pets: ['listPets', 'sendPet', 'deletePet', { tool: 'getPet', args: { '/id': { min: 1, max: 99 } } }] },
  },
  ask: { tools: { pets: [{ tool: 'deletePet', args: { '/id': { max: 10 } } }] } },
};
const RULES = {
  labels: { pets: { listPets: ['private'], sendPet: ['external'] } },
  flow: JSON.parse('[{ "after": ["private"], "call": "external", "then": "deny" }]') as unknown,
};

beforeAll(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1/`;
  where = askingHome(DEV, RULES);
  const openapi = path.join(where.home.dir, 'pets.json');
  writeFileSync(openapi, JSON.stringify(DOCUMENT));
  const tools = { getPet: { cache: { ttl_ms: 600_000 } }, sendPet: { arguments: { '/id': { fixed: 7 } } } };
  writeFileSync(
    where.home.servers,
    JSON.stringify(servers({ pets: { openapi, url, tools }, private: { openapi, url, oauth: {} } })),
  );
  gateway = await serveHttp({ home: where.home, args: LONG ? ['--workers', '2'] : [] });
  rpcs = await Promise.all(['2025-11-25', '2025-11-25', MODERN, MODERN].map((revision) => gateway.open(revision)));
});
afterAll(async () => {
  await gateway.stop();
  await issuer?.stop();
  api.close();
});

const codeOf = (result: ToolResult): string => (result.isError === true ? errorOf(result).code : 'ok');
const call = (tool: string, args: object, at = 0, more: object = {}): Promise<ToolResult> =>
  execute(rpcs[at] as Rpc, { server: 'pets', tool, args, ...more });

it('rules over arguments decide on what the API would be asked', async () => {
  expect(codeOf(await call('getPet', { id: 5 }))).toBe('ok');
  expect(codeOf(await call('getPet', { id: 100 }))).toBe('DENIED_BY_POLICY');
  expect(codeOf(await call('getPet', { id: '5' }))).toBe('DENIED_BY_POLICY');
  expect(asked).toEqual(['GET /v1/pets/5']);
});

it('what only reads is kept, in each era and by each worker; a call that writes ends it', async () => {
  asked.length = 0;
  for (const at of [0, 1, 2, 3]) for (const _ of [1, 2, 3]) await call('getPet', { id: 6 }, at);
  expect(asked.length).toBeLessThanOrEqual(LONG ? 4 : 2);
  const hits = auditRecords(where.home).filter(({ cached, tool }) => cached === true && tool === 'getPet');
  expect(hits.length).toBe(12 - asked.length);
});

it('a person is asked, and what was asked about is what is called', async () => {
  asked.length = 0;
  const waits = call('deletePet', { id: 3 });
  const [question] = await where.waiting();
  expect(question).toMatchObject({ server: 'pets', name: 'deletePet', arguments: [{ name: '"id"', text: '3' }] });
  expect(asked).toEqual([]);
  await where.answer('once');
  expect(codeOf(await waits)).toBe('ok');
  expect(asked).toEqual(['DELETE /v1/pets/3']);
  expect(codeOf(await call('deletePet', { id: 30 }, 2))).toBe('ok');
});

it('a fixed argument is what is sent, and combinations are denied on every connection', async () => {
  asked.length = 0;
  expect(codeOf(await call('sendPet', {}))).toBe('ok');
  expect(codeOf(await call('sendPet', { id: 8 }))).toBe('INVALID_ARGUMENTS');
  expect(asked).toEqual(['PUT /v1/pets/7']);
  expect(codeOf(await call('listPets', { q: 'a' }))).toBe('ok');
  for (const at of [0, 1, 2, 3]) expect(codeOf(await call('sendPet', {}, at))).toBe('DENIED_BY_POLICY');
});

it('a budget is exact', async () => {
  const thrifty = { allow: { servers: ['pets'] }, budget: { calls: 6, per: 'month' }, loop_breaker: 3 };
  where.rules(DEV, { ...RULES, agents: { dev: DEV, thrifty } });
  await expect.poll(async () => codeOf(await call('deletePet', { id: 50 }, 0, { agent_id: 'thrifty' }))).toBe('ok');
  const codes: string[] = [];
  for (let n = 0; n < 8; n++)
    codes.push(codeOf(await call('deletePet', { id: 60 + n }, n % 4, { agent_id: 'thrifty' })));
  expect(codes).toEqual([...Array(5).fill('ok'), ...Array(3).fill('BUDGET_EXCEEDED')]);
});

it.runIf(LONG)(
  'an API behind a sign-in asks for one, and is called with it by all workers',
  { timeout: 120_000 },
  async () => {
    const signedIn = await startSignInServer();
    issuer = signedIn;
    const resource = `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1/`;
    mayAsk = async ({ headers }) => {
      const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
      return token !== undefined && (await signedIn.verify(token, resource).then(Boolean, () => false));
    };
    const ask = (at: number): Promise<ToolResult> =>
      execute(rpcs[at] as Rpc, { server: 'private', tool: 'getPet', args: { id: 1 } });
    expect(codeOf(await ask(0))).toBe('AUTH_REQUIRED');
    const mine = await serveStdio({ home: where.home });
    const first = { agent_id: 'dev', server: 'private', tool: 'getPet', args: { id: 1 } };
    const { message } = errorOf(await execute(mine.rpc, first));
    const browser = await openBrowser();
    await signIn(browser, /https?:\S+$/.exec(message)?.[0] ?? '', 'alice');
    await browser.close();
    expect(codeOf(await execute(mine.rpc, first))).toBe('ok');
    mine.running.child.stdin?.end();
    await mine.running.exited;
    asked.length = 0;
    for (const at of [0, 1, 2, 3]) expect(codeOf(await ask(at))).toBe('ok');
    expect(asked).toEqual(Array(4).fill('GET /v1/pets/1'));
    expect(JSON.stringify(auditRecords(where.home))).not.toContain(signedIn.last.access);
  },
);
