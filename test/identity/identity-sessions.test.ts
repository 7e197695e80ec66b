/** Sessions belong to who opened them (agentgateway GHSA-mvgg-jvj2-4frq, TypeScript SDK CVE-2026-25536, ContextForge 4205). */
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { servers, sha256 } from '../support/home.ts';
import { type HttpReply, httpHeaders, request } from '../support/http.ts';
import { makeCrowd } from '../support/load.ts';
import { fixture } from '../support/paths.ts';
import { INITIALIZE, requestText } from '../support/rpc.ts';

const REVISION = '2025-11-25';
// A gateway keeps 10,000 sessions; that many take a minute where the machine is busy.
const SESSIONS = process.env.LONG === '1' ? 10_000 : 2_000;
const PRINCIPALS = 100;

const tokens = Array.from({ length: PRINCIPALS }, (_, at) => `principal-${at}-`.padEnd(48, 'k'));
let gateway: HttpGateway;

beforeAll(async () => {
  const principals = Object.fromEntries(
    tokens.map((token, at) => [`p${at}`, { token_sha256: sha256(token), default: 'dev', may_assume: ['dev'] }]),
  );
  gateway = await serveHttp({
    // One process for all of them: what is kept apart here, the gateway keeps apart.
    servers: servers({ echo: { ...fixture('echo'), sharing: 'shared' } }),
    rules: { agents: { dev: { allow: { servers: ['echo'] } } }, principals },
  });
});
afterAll(() => gateway.stop());

const headersOf = (principal: number, session?: string): Record<string, string> => ({
  ...httpHeaders(REVISION, session === undefined ? 'initialize' : 'tools/call'),
  authorization: `Bearer ${tokens[principal]}`,
  ...(session === undefined ? {} : { 'mcp-session-id': session }),
});
const initialize = requestText(1, 'initialize', INITIALIZE(REVISION), REVISION);

function say(id: number, canary: string): string {
  return requestText(
    id,
    'tools/call',
    { name: 'execute_tool', arguments: { server: 'echo', tool: 'echo', args: { canary } } },
    REVISION,
  );
}

it(`${SESSIONS} sessions of ${PRINCIPALS} principals at once: every canary comes back to its own, none to another`, async () => {
  const crowd = makeCrowd(gateway.url, 64);
  const ids: string[] = [];
  const all = Array.from({ length: SESSIONS }, (_, at) => at);
  await crowd.each(all, async (at) => {
    const { status, headers } = await crowd.post(headersOf(at % PRINCIPALS), initialize);
    if (status !== 200) throw new Error(`initialize: ${status}`);
    ids[at] = String(headers['mcp-session-id']);
  });
  expect(new Set(ids).size).toBe(SESSIONS);
  let crossed = 0;
  let lost = 0;
  await crowd.each(all, async (at) => {
    const canary = `canary-${at}-of-${at % PRINCIPALS}-end`;
    // The same request id everywhere: ids are of a session, never of the gateway.
    const { body } = await crowd.post(headersOf(at % PRINCIPALS, ids[at]), say(7, canary));
    const found = body.match(/canary-\d+-of-\d+-end/g) ?? [];
    if (found.length === 0) lost++;
    if (found.some((text) => text !== canary)) crossed++;
  });
  expect({ crossed, lost }).toEqual({ crossed: 0, lost: 0 });
  // Theft: the next principal with a good token of its own and somebody else's session.
  let stolen = 0;
  await crowd.each(all.slice(0, 1_000), async (at) => {
    const { status } = await crowd.post(headersOf((at + 1) % PRINCIPALS, ids[at]), say(7, 'theft'));
    if (status !== 404) stolen++;
  });
  expect(stolen).toBe(0);
  crowd.close();
}, 300_000);

it('fixation: an id that nobody was given, or another made up, opens nothing', async () => {
  for (const id of ['1', 'a'.repeat(32), '0'.repeat(32), '../..', 'p0']) {
    expect((await request(gateway.url, { method: 'POST', headers: headersOf(0, id), body: say(1, 'x') })).status).toBe(
      404,
    );
  }
  // An id sent along with initialize is not taken over.
  const fixed = 'f'.repeat(32);
  const headers = { ...headersOf(0), 'mcp-session-id': fixed };
  const opened = await request(gateway.url, { method: 'POST', headers, body: initialize });
  expect(opened.headers['mcp-session-id']).not.toBe(fixed);
  expect((await request(gateway.url, { method: 'POST', headers: headersOf(0, fixed), body: say(1, 'x') })).status).toBe(
    404,
  );
});

it('another principal can neither use, end nor tell apart a session of somebody else', async () => {
  const opened = await request(gateway.url, { method: 'POST', headers: headersOf(0), body: initialize });
  const id = String(opened.headers['mcp-session-id']);
  const without = (reply: HttpReply): string => JSON.stringify([reply.status, reply.body]);
  for (const method of ['POST', 'DELETE']) {
    const body = method === 'POST' ? say(1, 'x') : '';
    const theirs = await request(gateway.url, { method, headers: headersOf(1, id), body });
    const nobodys = await request(gateway.url, { method, headers: headersOf(1, 'e'.repeat(32)), body });
    expect(theirs.status).toBe(404);
    expect(without(theirs)).toBe(without(nobodys));
  }
  expect((await request(gateway.url, { method: 'POST', headers: headersOf(0, id), body: say(1, 'x') })).status).toBe(
    200,
  );
});
