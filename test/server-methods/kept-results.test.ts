/** Results that are kept where the owner says so: in every view and era, for whom they are, and until something changes. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, fileText, type Home, type Json, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { until } from '../support/process.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { executeText, resultOf, textOf } from '../support/tools.ts';
import { DISCOVERY, VIEWS, type View, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const OTHER = `${TOKEN}-other`;
const cache = { ttl_ms: 600_000 };
const entry = (tools: Json): Json =>
  servers({
    counting: { ...fixture('counting'), sharing: 'shared', tools },
    dated: { ...fixture('dated'), sharing: 'shared' },
  });
const TOOLS = {
  look: { cache },
  shared: { cache: { ...cache, vary: [] } },
  brief: { cache: { ttl_ms: 1 } },
  fail: { cache },
  add: { cache },
};
const RULES = viewRules(
  { tools: { counting: [{ tool: 'look', args: { '/q': { equals: 'secret' } } }] } },
  { nobody: { allow: { servers: [] } } },
  { other: { token_sha256: sha256(OTHER), may_assume: ['*'], default: 'default' } },
);

let gateway: HttpGateway;
let home: Home;
beforeAll(async () => {
  home = makeHome({ servers: entry(TOOLS), rules: RULES });
  gateway = await serveHttp({ home });
});
afterAll(() => gateway.stop());

const open = (view: View, revision: string, token = view.token): Promise<Rpc> =>
  openHttp(`${gateway.origin}${view.path('counting')}`, revision, { token });
const called = async (rpc: Rpc, view: View, tool: string, args: object = {}): Promise<string> =>
  textOf(resultOf(await rpc.call('tools/call', view.call('counting', tool, args))));

describe.each(VIEWS)('in the $name view', (view) => {
  it.each([LEGACY, MODERN])('of %s, an equal call gets the result of the one before', async (revision) => {
    const rpc = await open(view, revision);
    const first = await called(rpc, view, 'look', { q: view.name + revision, r: { b: 1, a: 2 } });
    expect(await called(rpc, view, 'look', { r: { a: 2, b: 1.0 }, q: view.name + revision })).toBe(first);
    expect(await called(rpc, view, 'look', { q: `else${view.name}${revision}` })).not.toBe(first);
    for (const tool of ['fail', 'add', 'brief', 'tell'])
      expect(await called(rpc, view, tool)).not.toBe(await called(rpc, view, tool));
  });
});

it('hits are decided and recorded like other calls, and say that they are some', async () => {
  const rpc = await open(DISCOVERY, LEGACY);
  const first = await called(rpc, DISCOVERY, 'look', { q: 'recorded' });
  expect(await called(rpc, DISCOVERY, 'look', { q: 'recorded' })).toBe(first);
  const records = auditRecords(home).slice(-4);
  expect(records.map(({ phase, decision, cached }) => [phase, decision, cached])).toEqual([
    ['decided', 'ALLOW', undefined],
    ['finished', 'ALLOW', undefined],
    ['decided', 'ALLOW', undefined],
    ['finished', 'ALLOW', true],
  ]);
  const denied = DISCOVERY.call('counting', 'look', { q: 'recorded' });
  const params = { ...denied, arguments: { ...(denied['arguments'] as Json), agent_id: 'nobody' } };
  expect(textOf(resultOf(await rpc.call('tools/call', params)))).toContain('DENIED_BY_POLICY');
});

it('a result is for its principal alone, unless the owner says that it is for all', async () => {
  const [mine, theirs] = [await open(DISCOVERY, LEGACY), await open(DISCOVERY, LEGACY, OTHER)];
  const own = await called(mine, DISCOVERY, 'look', { q: 'mine' });
  expect(await called(theirs, DISCOVERY, 'look', { q: 'mine' })).not.toBe(own);
  expect(await called(mine, DISCOVERY, 'look', { q: 'mine' })).toBe(own);
  const ours = await called(mine, DISCOVERY, 'shared');
  expect(await called(theirs, DISCOVERY, 'shared')).toBe(ours);
});

it('a call that may write, and a change that the server announces, end it', async () => {
  const rpc = await open(DISCOVERY, LEGACY);
  for (const changing of ['add', 'tell']) {
    const before = await called(rpc, DISCOVERY, 'look', { q: 'fresh' });
    expect(await called(rpc, DISCOVERY, 'look', { q: 'fresh' })).toBe(before);
    await called(rpc, DISCOVERY, changing);
    expect(await called(rpc, DISCOVERY, 'look', { q: 'fresh' }), changing).not.toBe(before);
  }
});

it('a call that may write ends it also where it goes on after a question', async () => {
  const env = { GATEWAY_INIT_STRATEGY: 'lazy' };
  const { rpc, stop } = await serveStdio({ servers: entry(TOOLS), rules: RULES, env }, MODERN);
  const meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
  const asking = DISCOVERY.call('counting', 'ask', {});
  const { inputRequests, requestState } = resultOf(await rpc.call('tools/call', asking, { meta }));
  const before = await called(rpc, DISCOVERY, 'look', { q: 'asked' });
  expect(await called(rpc, DISCOVERY, 'look', { q: 'asked' })).toBe(before);
  const yes = { action: 'accept', content: {} };
  const inputResponses = Object.fromEntries(Object.keys(inputRequests as Json).map((key) => [key, yes]));
  const retry = { ...asking, requestState, inputResponses };
  expect(textOf(resultOf(await rpc.call('tools/call', retry, { meta })))).toContain('ask');
  expect(await called(rpc, DISCOVERY, 'look', { q: 'asked' })).not.toBe(before);
  await stop();
});

it.each([LEGACY, MODERN])('in %s, resources are kept as long as their server says, and for whom', async (revision) => {
  const [mine, theirs] = [await open(DISCOVERY, revision), await open(DISCOVERY, revision, OTHER)];
  const read = async (rpc: Rpc, name: string): Promise<string> => {
    const { message } = await rpc.call('resources/read', { uri: `mcp://dated/note:///${name}` });
    const { contents, ttlMs } = message.result as { contents: { text: string }[]; ttlMs?: number };
    if (revision === MODERN) expect(ttlMs, name).toBeLessThanOrEqual(600_000);
    return contents[0]?.text ?? '';
  };
  const [own, ours] = [await read(mine, 'private'), await read(mine, 'public')];
  expect([await read(mine, 'private'), await read(theirs, 'public')]).toEqual([own, ours]);
  expect(await read(theirs, 'private')).not.toBe(own);
  for (const name of ['now', 'silent']) expect(await read(mine, name)).not.toBe(await read(mine, name));
  const records = auditRecords(home).filter(({ operation }) => operation === 'resources/read');
  expect(records.filter(({ cached }) => cached === true)).toHaveLength(revision === LEGACY ? 2 : 4);
});

it('over stdio, and not where the entry says no more', async () => {
  const stdio = await serveStdio({ servers: entry(TOOLS), rules: RULES }, LEGACY);
  const look = (): Promise<string> => executeText(stdio.rpc, { server: 'counting', tool: 'look', args: { q: 'x' } });
  expect(await look()).toBe('look {"q":"x"} 1');
  expect(await look()).toBe('look {"q":"x"} 1');
  writeFileSync(stdio.home.servers, fileText(entry({})));
  await until(async () => (await look()) !== 'look {"q":"x"} 1', 'the new entry');
  await stdio.stop();
});
