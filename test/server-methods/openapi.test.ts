/** An API with an OpenAPI document as a server: in every view and era, under rules and overrides, and after its document changed. */
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, fileText, type Home, makeHome, servers } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { runCli, until } from '../support/process.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { callTool, dataOf, errorOf, executeText, resultOf, type ToolResult, textOf } from '../support/tools.ts';
import { DISCOVERY, SINGLE, VIEWS, type View, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const DOCUMENT = `
openapi: 3.1.0
info: { title: Pets, version: '2' }
servers: [{ url: 'https://elsewhere.example' }]
paths:
  /pets/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
    get:
      operationId: getPet
      summary: One pet
      tags: [pets]
      responses: { '200': { description: ok, content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } } }
    delete: { operationId: deletePet, tags: [pets], responses: { '204': { description: gone } } }
  /pets:
    post:
      operationId: addPet
      tags: [pets]
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Pet' } } } }
      responses: { '201': { description: ok } }
  /internal: { get: { operationId: internal, tags: [internal], responses: {} } }
components:
  schemas:
    Pet: { type: object, properties: { id: { type: integer }, parent: { $ref: '#/components/schemas/Pet' } } }
`;

/** Answers with what it was asked. */
const api: Server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    const { method, url, headers } = request;
    const isMissing = url?.includes('/404') === true;
    response.writeHead(isMissing ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ method, url, key: headers['x-key'], body }));
  });
});

let gateway: HttpGateway;
let home: Home;
let document: string;
const entries = (openapi: object | string = {}) =>
  servers({
    pets: {
      openapi:
        typeof openapi === 'string'
          ? openapi
          : { document, exclude: { tags: ['internal'] }, query: { token: '12345-secret' }, ...openapi },
      url: `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1/`,
      headers: { 'X-Key': 'k-1' },
      tools: { addPet: { name: 'add_pet' } },
    },
    zoo: { virtual: { tools: ['pets.getPet'] } },
  });
const RULES = viewRules({}, { reader: { allow: { servers: ['pets'], access: { pets: ['read'] } } } });

beforeAll(async () => {
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  home = makeHome({ rules: RULES });
  document = path.join(path.dirname(home.servers), 'api.yaml');
  writeFileSync(document, DOCUMENT);
  writeFileSync(home.servers, fileText(entries()));
  gateway = await serveHttp({ home });
});
afterAll(async () => {
  await gateway.stop();
  api.close();
});

const open = (view: View, revision: string): Promise<Rpc> =>
  openHttp(`${gateway.origin}${view.path('pets')}`, revision, { token: view.token });
const called = async (rpc: Rpc, view: View, tool: string, args: object): Promise<ToolResult> =>
  resultOf(await rpc.call('tools/call', view.call('pets', tool, args)));
const GOT = { method: 'GET', url: '/v1/pets/7?token=12345-secret', key: 'k-1', body: '' };

describe.each(VIEWS)('in the $name view', (view) => {
  it.each([LEGACY, MODERN])('of %s, its operations are tools', async (revision) => {
    const rpc = await open(view, revision);
    const got = await called(rpc, view, 'getPet', { id: 7 });
    expect(got.structuredContent).toEqual(GOT);
    expect(JSON.parse(textOf(got))).toEqual(GOT);
    const added = await called(rpc, view, 'add_pet', { body: { id: 12345678901234567890n.toString() } });
    expect(added.structuredContent).toMatchObject({ method: 'POST', body: '{"id":"12345678901234567890"}' });
    const missing = await called(rpc, view, 'getPet', { id: 404 });
    expect(missing).toMatchObject({
      isError: true,
      structuredContent: { status: 404, body: { url: expect.any(String) } },
    });
    const out = await called(rpc, view, 'getPet', { id: '7/../../internal' });
    expect(out.content[0]?.text).toMatch(/"id" must not have slashes/);
    expect(out.isError).toBe(true);
  });
});

it('its tools are listed with schemas and annotations, searched, and decided like others', async () => {
  const rpc = await open(SINGLE, MODERN);
  const { tools } = (await rpc.call('tools/list', '{}')).message.result as { tools: Record<string, unknown>[] };
  expect(tools.map(({ name, annotations }) => [name, annotations])).toEqual([
    ['getPet', { readOnlyHint: true }],
    ['deletePet', { readOnlyHint: false, destructiveHint: true, idempotentHint: true }],
    ['add_pet', { readOnlyHint: false }],
  ]);
  expect(tools[0]?.['outputSchema']).toMatchObject({ type: 'object', properties: { parent: { $ref: '#/$defs/Pet' } } });
  const agent = await gateway.open();
  const found = dataOf(await callTool(agent, 'search_tools', { query: 'delete pet', server: 'pets', limit: 1 }));
  expect(found).toMatchObject({ tools: [{ tool: 'deletePet' }] });
  const denied = { agent_id: 'reader', server: 'pets', tool: 'deletePet', args: { id: 1 } };
  expect(errorOf(await callTool(agent, 'execute_tool', denied)).code).toBe('DENIED_BY_POLICY');
  const grouped = await callTool(agent, 'execute_tool', { server: 'zoo', tool: 'getPet', args: { id: 7 } });
  expect(grouped.structuredContent).toEqual(GOT);
  expect(auditRecords(home)).toContainEqual(
    expect.objectContaining({ server: 'pets', tool: 'getPet', virtual: 'zoo', phase: 'finished', decision: 'ALLOW' }),
  );
});

it.each([LEGACY, MODERN])('over stdio, in %s', async (revision) => {
  const stdio = await serveStdio({ servers: entries(), rules: RULES }, revision);
  expect(JSON.parse(await executeText(stdio.rpc, { server: 'pets', tool: 'getPet', args: { id: 7 } }))).toEqual(GOT);
  await stdio.stop();
});

it('a changed document is used after a moment; one with a mistake is told', async () => {
  const rpc = await open(DISCOVERY, MODERN);
  writeFileSync(document, DOCUMENT.replace('operationId: getPet', 'operationId: readPet'));
  await until(async () => (await called(rpc, DISCOVERY, 'readPet', { id: 7 })).isError !== true, 'the new document');
  const cli = () => runCli(['validate'], { env: home.env, cwd: home.cwd });
  writeFileSync(document, DOCUMENT.replace('3.1.0', '2.0.0'));
  expect((await cli()).stdout).toMatch(
    /error: .*mcp.json:\d+:\d+ Server "pets" cannot be used: its OpenAPI document is of OpenAPI "2.0.0"/,
  );
});
