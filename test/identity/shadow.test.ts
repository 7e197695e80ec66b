/** An agent in shadow mode: its rules are recorded, and nothing that it sees tells what they would deny (docs/rules.md). */
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, type Json, makeHome, servers, sha256, TOKEN, withPrincipals } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { CORNERS, type Front, openShared, overMatrix, PROCESSES } from '../support/matrix.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import type { Rpc } from '../support/rpc.ts';
import { call, callTool, dataOf, errorOf, executeError, listServers } from '../support/tools.ts';

const SERVERS = servers({
  open: fixture('calc', { TOOLS: 'drop_table,keep' }),
  closed: fixture('calc', { TOOLS: 'drop_table' }),
  odd: fixture('odd-names'),
  broken: { command: 'x', url: 'http://127.0.0.1:9/' },
});
const HELD: Json = {
  allow: { servers: ['open', 'odd'], tools: { open: ['add'] } },
  deny: { servers: ['broken'], tools: { open: ['drop_*'] }, prompts: { '*': ['echo'] } },
};
const FREE: Json = { allow: { servers: ['*'] } };
const SETUP = {
  servers: SERVERS,
  rules: withPrincipals({ free: FREE, tria: { ...HELD, enforce: 'shadow' }, held: HELD }),
};

/** The same for both agents but for their names, which have one length, and what differs from answer to answer anyway. */
function blank(text: string): string {
  return text
    .replaceAll(/"id":\d+/g, '"id":0')
    .replaceAll(/\b(?:free|tria)\b/g, 'name')
    .replaceAll(/request [\w-]+/g, 'request');
}

/** What an agent can ask for: allowed by its rules, denied by one, denied by none, and what there is not. */
const QUESTIONS: readonly (readonly [string, Json])[] = [
  ['list_servers', { include_metadata: true }],
  ['search_tools', { query: 'drop table' }],
  ['search_tools', { query: 'add two numbers' }],
  ...['open', 'closed', 'odd', 'broken', 'nowhere'].map((server) => ['get_server_tools', { server }] as const),
  ['execute_tool', { server: 'open', tool: 'add', args: { a: 1, b: 2 } }],
  ['execute_tool', { server: 'open', tool: 'drop_table' }],
  ['execute_tool', { server: 'open', tool: 'fail' }],
  ['execute_tool', { server: 'open', tool: 'ghost' }],
  ['execute_tool', { server: 'closed', tool: 'label' }],
  ['execute_tool', { server: 'broken', tool: 'label' }],
  ['execute_tool', { server: 'nowhere', tool: 'label' }],
];

overMatrix(CORNERS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, SETUP);
    for (const server of ['open', 'closed', 'odd']) {
      await callTool(front.rpc, 'get_server_tools', { server, agent_id: 'free' });
    }
  });
  afterAll(() => front.stop());

  it.each(QUESTIONS)('%s %j has the same bytes as for an agent that may everything', async (tool, args) => {
    const answer = async (agent: string): Promise<string> => {
      const { text } = await call(front.rpc, tool, { ...args, agent_id: agent });
      return blank(text);
    };
    expect(await answer('tria')).toBe(await answer('free'));
  });

  it('holds back the others as before', async () => {
    expect(await listServers(front.rpc, 'held')).toEqual(['odd', 'open']);
    expect(await executeError(front.rpc, { server: 'open', tool: 'drop_table', agent_id: 'held' })).toBe(
      'DENIED_BY_POLICY',
    );
  });

  it('records what would have been denied, with the rule, in both records of a call', async () => {
    await callTool(front.rpc, 'execute_tool', { server: 'closed', tool: 'label', agent_id: 'tria' });
    const records = auditRecords(front.home).filter(
      ({ agent_id, server }) => agent_id === 'tria' && server === 'closed',
    );
    const last = records.slice(-2);
    expect(last.map(({ phase }) => phase)).toEqual(['decided', 'finished']);
    for (const record of last) {
      expect(record).toMatchObject({ decision: 'ALLOW', rule: 'default_deny', shadow: 'DENY', error_code: null });
    }
    const allowed = auditRecords(front.home).filter(({ agent_id, tool }) => agent_id === 'tria' && tool === 'add');
    expect(allowed[0]).toMatchObject({ decision: 'ALLOW', rule: 'agents.tria.allow.tools.open[0]' });
    expect(auditRecords(front.home).filter((record) => 'shadow' in record && record['agent_id'] !== 'tria')).toEqual(
      [],
    );
    expect(allowed.some((record) => 'shadow' in record)).toBe(false);
  });
});

/** Asked in the direct view, and what can be asked of one server in its own view. */
const DIRECT: readonly (readonly [string, Json])[] = [
  ['tools/list', {}],
  ['prompts/list', {}],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['tools/call', { name: 'open__drop_table', arguments: {} }],
  ['tools/call', { name: 'closed__label', arguments: {} }],
  ['tools/call', { name: 'closed__ghost', arguments: {} }],
  ['prompts/get', { name: 'odd__echo' }],
  ['prompts/get', { name: 'odd__ghost' }],
];
const SINGLE: readonly (readonly [string, Json])[] = [
  ['tools/list', {}],
  ['prompts/list', {}],
  ['resources/list', {}],
  ['resources/templates/list', {}],
  ['resources/read', { uri: 'test://text' }],
  ['resources/read', { uri: 'test://secret/a' }],
  ['resources/read', { uri: 'test://secret/b' }],
  ['resources/read', { uri: 'test://nowhere' }],
  ['prompts/get', { name: 'secret_prompt', arguments: { who: 'x' } }],
  ['prompts/get', { name: 'ghost' }],
  [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: 'secret_prompt' }, argument: { name: 'who', value: 'a' } },
  ],
];
const OFFERS: Json = {
  command: process.execPath,
  args: [fixturePath('matrix-server'), 'legacy', 'stdio', 'one'],
};
const HELD_OFFERS: Json = {
  allow: { servers: ['open', 'odd', 'all'], tools: { open: ['add'] }, resources: { all: ['test://text'] } },
  deny: { prompts: { '*': ['echo', 'secret_*'] }, resources: { all: ['test://secret/*'] } },
};

describe.each(PROCESSES)('in the views of one agent, %s', (_name, args) => {
  const tokens = { free: `${TOKEN}-free`, tria: `${TOKEN}-tria` };
  let gateway: HttpGateway;
  beforeAll(async () => {
    const principal = (name: 'free' | 'tria'): Json => ({
      token_sha256: sha256(tokens[name]),
      may_assume: [name],
      default: name,
    });
    const rules = {
      agents: {
        free: { ...FREE, expose: 'direct' },
        tria: { ...HELD_OFFERS, enforce: 'shadow', expose: 'direct' },
      },
      principals: { free: principal('free'), tria: principal('tria') },
    };
    const all = servers({ ...(SERVERS['mcpServers'] as Json), all: OFFERS });
    gateway = await serveHttp({ servers: all, rules, args });
  });
  afterAll(() => gateway.stop());

  async function ask(
    name: 'free' | 'tria',
    view: string,
    revision: string,
    questions: typeof DIRECT,
  ): Promise<string[]> {
    const rpc: Rpc = await openHttp(gateway.url + view, revision, { token: tokens[name] });
    const answers: string[] = [];
    for (const [method, params] of questions) answers.push(blank((await rpc.call(method, params)).text));
    await rpc.close();
    return answers;
  }

  it.each([
    ['direct', '2025-11-25', '', DIRECT],
    ['direct', '2026-07-28', '', DIRECT],
    ['single-server', '2025-11-25', '/servers/all', SINGLE],
    ['single-server', '2026-07-28', '/servers/all', SINGLE],
  ])('lists and answers of the %s view are the same (%s)', async (_view, revision, path, questions) => {
    // The first lists wait for servers that are starting.
    await ask('free', path, revision, questions.slice(0, 4));
    const free = await ask('free', path, revision, questions);
    expect(await ask('tria', path, revision, questions)).toEqual(free);
    expect(free.join()).toContain(path === '' ? 'closed__drop_table' : 'secret a of one');
  });

  it('and the records say what would have been denied', () => {
    const records = auditRecords(gateway.home).filter(({ agent_id }) => agent_id === 'tria');
    const shadows = (operation: string, tool: string): unknown[] =>
      records
        .filter((record) => record['operation'] === operation && record['tool'] === tool)
        .map((record) => record['shadow']);
    for (const [operation, tool] of [
      ['prompts/get', 'echo'],
      ['prompts/get', 'secret_prompt'],
      ['resources/read', 'test://secret/a'],
      ['tools/call', 'drop_table'],
    ] as const) {
      expect(new Set(shadows(operation, tool)), tool).toEqual(new Set(['DENY']));
    }
    expect(new Set(shadows('resources/read', 'test://text'))).toEqual(new Set([undefined]));
  });
});

describe('no mistake leads there', () => {
  it.each(['Shadow', 'shadw', 'on', true, null])('"enforce": %j stops the start', async (enforce) => {
    const home = makeHome({ servers: servers({}), rules: withPrincipals({ dev: { ...FREE, enforce } }) });
    const { code, stdout } = await runCli(['validate', '--json'], { env: home.env, cwd: home.cwd });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      problems: [{ severity: 'error', message: expect.stringContaining('agents.dev.enforce') }],
    });
    home.remove();
  });

  it('the agent of calls that name none cannot be in it', async () => {
    const home = makeHome({ servers: servers({}), rules: withPrincipals({ default: { enforce: 'shadow' } }) });
    const { code, stdout } = await runCli(['validate'], { env: home.env, cwd: home.cwd });
    expect(code).toBe(1);
    expect(stdout).toContain('cannot be "shadow"');
    home.remove();
  });

  it('calls that fall back to an agent in it are held to its rules', async () => {
    const gateway = await serveStdio({ ...SETUP, env: { GATEWAY_DEFAULT_AGENT: 'tria' } });
    expect(await listServers(gateway.rpc)).toEqual(['odd', 'open']);
    expect(await listServers(gateway.rpc, 'tria')).toContain('closed');
    const { rpc } = gateway;
    expect(errorOf(await callTool(rpc, 'execute_tool', { server: 'closed', tool: 'label' })).code).toBe(
      'DENIED_BY_POLICY',
    );
    await gateway.running.waitForStderr(/held to its rules all the same/);
    await gateway.stop();
  });

  it('validate, doctor, the log, explain and test say that an agent is in it', async () => {
    const home = makeHome(SETUP);
    const run = (...args: string[]) => runCli(args, { env: home.env, cwd: home.cwd });
    expect((await run('validate')).stdout).toMatch(/warning: .*"tria" is in shadow mode/);
    expect((await run('doctor', 'open')).stderr).toMatch(/warning: agent "tria" is in shadow mode/);
    const explained = await run('policy', 'explain', 'tria', 'closed');
    expect(explained).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/^DENY {2}default_deny\n.*\n.*not enforced/),
    });
    const gateway = await serveStdio({ home, ...SETUP });
    await gateway.running.waitForStderr(/tria.*shadow mode/);
    expect(dataOf(await callTool(gateway.rpc, 'list_servers', { agent_id: 'tria' }))).toHaveLength(4);
    await gateway.stop();
  });
});
