/** search_tools with an endpoint for embeddings: an addition that never costs a search. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeEmbeddings, fakeEmbeddings } from '../support/embeddings.ts';
import { serveStdio } from '../support/gateway.ts';
import { type Home, makeHome, servers, withPrincipals } from '../support/home.ts';
import { CORNERS, open, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import type { Rpc } from '../support/rpc.ts';
import { callTool, textOf } from '../support/tools.ts';

const ENDS = CORNERS.filter(({ transport, revision }) => (transport === 'stdio') === (revision === '2026-07-28'));
const KEY = 'key-of-the-endpoint-1234567890';
const IDEAS = [['puppy', 'hound'], ['kitten', 'feline'], ['secret'], ['poison']];

let endpoint: FakeEmbeddings;
beforeEach(async () => {
  endpoint = await fakeEmbeddings(IDEAS);
});
afterEach(() => endpoint.close());

const homeWith = (embeddings: object | undefined, tools = 'get_feline,get_hound,get_secret'): Home =>
  makeHome({
    servers: servers({ pets: fixture('calc', { TOOLS: tools }) }),
    rules: withPrincipals(
      { keeper: { allow: { servers: ['pets'] }, deny: { tools: { pets: ['*secret*'] } } } },
      embeddings === undefined ? {} : { search: { embeddings } },
    ),
  });
const settings = (more: object = {}): object => ({
  url: endpoint.url,
  model: 'little',
  api_key_env: 'EMBEDDINGS_KEY',
  timeout_ms: 10_000,
  ...more,
});
const env = { EMBEDDINGS_KEY: KEY };

const search = async (rpc: Rpc, query: string): Promise<string> =>
  textOf(await callTool(rpc, 'search_tools', { query, agent_id: 'keeper', detail: 'names' }));
const first = async (rpc: Rpc, query: string): Promise<string | undefined> =>
  (JSON.parse(await search(rpc, query)) as { tools: { tool: string }[] }).tools[0]?.tool;

// The path is the same for all: one of each transport and each era.
overMatrix(ENDS, (kind) => {
  it('finds by meaning what no word finds, and sends nothing that is denied', async () => {
    const home = homeWith(settings({ query_prefix: 'question: ', tool_prefix: 'tool: ' }));
    const { rpc, running, stop } = await open(kind, { home, env });
    expect(await first(rpc, 'a puppy please')).toBe('get_hound');
    expect(await first(rpc, 'kitten')).toBe('get_feline');
    await stop();
    const sent = endpoint.asked.flatMap(({ input }) => input);
    expect(sent).toContain('question: a puppy please');
    expect(sent).toContain('tool: pets get_hound: Answers get_hound.');
    expect(sent.join()).not.toContain('secret');
    expect(
      new Set(endpoint.asked.map(({ path, authorization, model }) => `${path} ${authorization} ${model}`)),
    ).toEqual(new Set([`/v1/embeddings Bearer ${KEY} little`]));
    expect(running.stderr()).not.toContain(KEY);
  });
});

describe('vectors', () => {
  it('are kept in a file of the owner alone, and not asked for again', async () => {
    const home = homeWith(settings());
    const one = await serveStdio({ home, env });
    await search(one.rpc, 'puppy');
    const { asked } = endpoint;
    const before = asked.flatMap(({ input }) => input).length;
    // Without `stop`, which takes the home away.
    one.running.child.stdin?.end();
    await one.running.stop(null);
    const folder = join(home.dir, 'cache/agent-mcp-gateway/vectors');
    const files = readdirSync(folder);
    expect(files).toHaveLength(1);
    expect(statSync(join(folder, files[0] ?? '')).mode & 0o777).toBe(0o600);
    const two = await serveStdio({ home, env });
    expect(await first(two.rpc, 'puppy')).toBe('get_hound');
    expect(asked.flatMap(({ input }) => input).slice(before)).toEqual(['puppy']);
    await two.stop();
  });

  it('of other tools are made although the endpoint refuses one', async () => {
    endpoint.mode = 'picky';
    const { rpc, stop } = await serveStdio({ home: homeWith(settings(), 'get_poison,get_hound,get_feline'), env });
    expect(await first(rpc, 'puppy')).toBe('get_hound');
    await stop();
  });
});

describe('when the endpoint', () => {
  const QUESTIONS = ['answers', 'get a hound', 'add numbers', 'zzqqx'];
  let byWords: readonly string[];
  beforeAll(async () => {
    const { rpc, stop } = await serveStdio({ home: homeWith(undefined) });
    byWords = await all(rpc);
    await stop();
  });
  const all = async (rpc: Rpc): Promise<string[]> => {
    const answers: string[] = [];
    for (const question of QUESTIONS) answers.push(await search(rpc, question));
    return answers;
  };

  it.each(['failing', 'silent'] as const)('is %s, words alone find tools, and it is left alone', async (mode) => {
    endpoint.mode = mode;
    const { rpc, running, stop } = await serveStdio({
      home: homeWith(settings({ timeout_ms: 300 })),
      env,
      args: ['--debug'],
    });
    expect(await all(rpc)).toEqual(byWords);
    // One about the question, one about the tools; of a silent one nobody knows yet that it is.
    expect(endpoint.asked.length).toBeLessThanOrEqual(2);
    expect(running.stderr()).toContain('go on without embeddings');
    expect(running.stderr()).not.toContain(KEY);
    await stop();
  });

  it('cannot be reached, or its key is not there, words alone find tools', async () => {
    await endpoint.close();
    const { rpc, stop } = await serveStdio({ home: homeWith(settings()), env });
    expect(await all(rpc)).toEqual(byWords);
    await stop();
    const keyless = await serveStdio({ home: homeWith(settings()) });
    expect(await all(keyless.rpc)).toEqual(byWords);
    expect(keyless.running.stderr()).toContain('search.embeddings.api_key_env');
    await keyless.stop();
    endpoint = await fakeEmbeddings(IDEAS);
  });
});

it('is tested by a command', async () => {
  const home = homeWith(settings({ timeout_ms: 1000 }));
  const test = (more: Record<string, string> = env) =>
    runCli(['search', 'test', '--json'], { env: { ...home.env, ...more }, cwd: home.cwd });
  expect(JSON.parse((await test()).stdout)).toMatchObject({ model: 'little', dimensions: 5, timeout_ms: 1000 });
  const unset = await test({});
  expect([unset.code, JSON.parse(unset.stdout)]).toMatchObject([1, { error: { code: 'CONFIG_INVALID' } }]);
  endpoint.mode = 'failing';
  const { code, stderr } = await test();
  expect(code).toBe(4);
  expect(stderr).toContain('/v1/embeddings answered with HTTP 503');
  expect(stderr).not.toContain(KEY);
  home.remove();
});

it('says the same bytes with a denied tool and without it', async () => {
  const answers: string[] = [];
  for (const tools of ['get_feline,get_hound,get_secret', 'get_feline,get_hound']) {
    const { rpc, stop } = await serveStdio({ home: homeWith(settings(), tools), env });
    for (const question of ['puppy', 'secret', 'get secret', 'nothing']) answers.push(await search(rpc, question));
    await stop();
  }
  expect(answers.slice(0, 4)).toEqual(answers.slice(4));
});
