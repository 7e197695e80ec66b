/** A greedy caller and its servers spend nothing of the others: docs/operations.md, docs/search.md, docs/servers.md. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HttpGateway } from '../support/gateway.ts';
import { BOMBS, beGreedy, GREEDY_TOKEN, type Greed, serveBoth } from '../support/greedy.ts';
import { openHttp } from '../support/http.ts';
import { MODERN } from '../support/rpc.ts';
import { callTool, execute, executeText } from '../support/tools.ts';

let gateway: HttpGateway;
let greed: Greed;
beforeAll(async () => {
  gateway = await serveBoth();
  greed = await beGreedy(gateway, 2);
});
afterAll(async () => {
  await gateway.stop();
});

it('all of it at once: a modest caller gets every answer, and the greedy one is told what to do', async () => {
  const modest = await gateway.open();
  const sums: string[] = [];
  while (greed.rounds < 1 || sums.length < 50) {
    sums.push(await executeText(modest, { server: 'calc', tool: 'add', args: { a: sums.length, b: 1 } }));
  }
  await greed.stop();
  expect(sums).toEqual(Array.from(sums, (_, at) => String(at + 1)));

  const outcome = (what: string): string => greed.outcomes.get(what) ?? 'none';
  for (const at of BOMBS.keys()) {
    expect(outcome(`bomb ${at}`)).toMatch(at === 0 ? /\\\\/ : /select less at once|Cut here/);
  }
  expect(outcome('fine')).toMatch(/select less at once|Too many costly/);
  for (const tool of ['items', 'references', 'dynamic', 'pattern', 'unique']) {
    expect(outcome(tool)).toContain(`${tool} failed`);
  }
  expect(outcome('keys')).toMatch(/^400 .*more than 100000 keys|^429 /);
  expect(outcome('requests')).toMatch(/^200 |^429 .*wait for their answers/);
  expect(outcome('sessions')).toMatch(/^200 4\d{6}$|^429 /);
}, 120_000);

it('arguments that would take long to read are refused, and what is as long as it may be is not', async () => {
  const greedy = await openHttp(gateway.url, MODERN, { token: GREEDY_TOKEN });
  const say = async (args: object): Promise<string> =>
    (await execute(greedy, { server: 'greedy', tool: 'small', ...args })).content.map(({ text }) => text).join('');
  const inside = (size: number): string => JSON.stringify({ x: 'x'.repeat(size) });
  expect(await say({ args: inside(1_000_000) })).toBe('{"a":"b"}');
  expect(await say({ args: inside(1_100_000) })).toContain(
    'args is longer than 1048576 characters: give a JSON object',
  );
  expect(await say({ args: { x: 'x'.repeat(1_100_000) } })).toBe('{"a":"b"}');
  expect(await say({ timeout_ms: Array(100_000).fill(1) })).toContain('timeout_ms is longer than 65536 characters');
  expect(await say({ max_result_tokens: ' '.repeat(70_000) })).toContain('max_result_tokens is longer than 65536');
  const names = await callTool(greedy, 'get_server_tools', { server: 'greedy', names: Array(20_000).fill('small') });
  expect(JSON.stringify(names)).toContain('names is longer than 65536 characters');
});

it('what is within the bounds of a list can be used', async () => {
  const greedy = await openHttp(gateway.url, MODERN, { token: GREEDY_TOKEN });
  expect(await executeText(greedy, { server: 'endless', tool: 'short0' })).toBe('short0 failed');
  expect((await execute(greedy, { server: 'endless', tool: 'long0' })).isError).toBe(true);
  const found = await callTool(greedy, 'search_tools', { query: 'short0' });
  expect(JSON.stringify(found)).toContain('short0');
  await gateway.running.waitForStderr(/Server \\"endless\\" lists more than/);
});
