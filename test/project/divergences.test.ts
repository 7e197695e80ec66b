/** Where this gateway is deliberately unlike the Python one (docs/migrating.md): one test or more for each entry. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, serveHttp, serveStdio } from '../support/gateway.ts';
import {
  auditRecords,
  fileText,
  type Json,
  linesOf,
  makeHome,
  servers,
  TOKEN,
  withPrincipals,
} from '../support/home.ts';
import { request } from '../support/http.ts';
import { CORNERS, type Front, open, openShared, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { assertGone, runCli, until } from '../support/process.ts';
import {
  callTool,
  errorOf,
  execute,
  executeError,
  executeText,
  getTools,
  listServers,
  textOf,
} from '../support/tools.ts';

/** What a file has substituted. */
function variable(name: string): string {
  return `$\{${name}}`;
}

const CALC = servers({ calc: fixture('calc', { TOOLS: 'delete_a,fail_1' }), other: fixture('calc') });

/** One agent for each divergence that a rules file shows. */
const RULES = withPrincipals(
  {
    default: { allow: { servers: ['*'] } },
    d2: { allow: { servers: ['*'], tools: { 'oth*': ['add'] } }, deny: { tools: { '*': ['delete_*'] } } },
    d3: { allow: { servers: ['*'], tools: { calc: [] } } },
    d5: { allow: { servers: ['calc'] }, deny: { tools: { calc: ['fail_?', '[l]abel'] } } },
    d6: { allow: { servers: ['*a*c*', 'oth?r'] }, deny: { servers: ['*the*r*'] } },
    d7: { allow: { servers: ['*'] }, deny: { servers: ['other', 'fid*'] } },
    d8: { allow: { servers: ['calc'], tools: { calc: ['add', 'label'] } } },
    d14: { allow: { servers: ['calc'] }, deny: { tools: { calc: ['delete_*'] } } },
  },
  { defaults: { deny_on_missing_agent: false } },
);

const SETUP = {
  servers: servers({ ...(CALC['mcpServers'] as Json), fidelity: fixture('fidelity') }),
  rules: RULES,
};

overMatrix(CORNERS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, SETUP);
  });
  afterAll(() => front.stop());

  async function can(agent: string, server: string, tool: string): Promise<boolean> {
    const result = await execute(front.rpc, { server, tool, args: { a: 1, b: 1 }, agent_id: agent });
    return !(result.isError === true && textOf(result).includes('DENIED_BY_POLICY'));
  }

  it('D1 an agent_id that the rules do not have is refused', async () => {
    for (const [tool, args] of [
      ['list_servers', {}],
      ['get_server_tools', { server: 'calc' }],
      ['execute_tool', { server: 'calc', tool: 'label' }],
    ] as const) {
      const result = await callTool(front.rpc, tool, { ...args, agent_id: 'unknown' });
      expect(errorOf(result).code, tool).toBe('INVALID_AGENT_ID');
    }
  });

  it('D2 keys of allow.tools and deny.tools are server patterns', async () => {
    expect(await can('d2', 'calc', 'delete_a')).toBe(false);
    expect(await can('d2', 'calc', 'label')).toBe(true);
    expect(await can('d2', 'other', 'add')).toBe(true);
    expect(await can('d2', 'other', 'label')).toBe(false);
  });

  it('D3 an empty list allows nothing', async () => {
    expect(await can('d3', 'calc', 'add')).toBe(false);
    expect(await can('d3', 'other', 'add')).toBe(true);
    const listing = await getTools(front.rpc, { server: 'calc', agent_id: 'd3' });
    expect(listing).toMatchObject({ tools: [], total_available: 0 });
  });

  it('D5 ? and [...] are patterns also without a *', async () => {
    expect(await can('d5', 'calc', 'fail_1')).toBe(false);
    expect(await can('d5', 'calc', 'label')).toBe(false);
    expect(await can('d5', 'calc', 'fail')).toBe(true);
  });

  it('D6 server names are patterns too, with several *', async () => {
    expect(await can('d6', 'calc', 'add')).toBe(true);
    expect(await can('d6', 'other', 'add')).toBe(false);
  });

  it('D7 list_servers applies deny.servers to "*"', async () => {
    expect(await listServers(front.rpc, 'd7')).toEqual(['calc']);
  });

  it('D8 total_available counts only what the agent may use', async () => {
    const all = await getTools(front.rpc, { server: 'calc', agent_id: 'd8' });
    expect(all).toMatchObject({ total_available: 2, returned: 2 });
    const none = await getTools(front.rpc, { server: 'calc', agent_id: 'd8', pattern: 'delete_*' });
    expect(none).toMatchObject({ total_available: 2, returned: 0 });
  });

  it('D9 execute_tool keeps structuredContent, _meta and every content type, and wraps nothing', async () => {
    const media = await execute(front.rpc, { server: 'fidelity', tool: 'media' });
    expect(media.content.map(({ type }) => type)).toEqual(['image', 'audio', 'resource_link', 'resource', 'resource']);
    const meta = await execute(front.rpc, { server: 'fidelity', tool: 'meta' });
    expect(meta['_meta']).toMatchObject({ 'vendor.example/trace': 'abc' });
    expect(meta.content[0]?.text).toBe('m');
    const error = await execute(front.rpc, { server: 'fidelity', tool: 'error_result' });
    expect(error).toMatchObject({ isError: true, structuredContent: { code: 7 } });
  });

  it('D14 callers do not see which rule denied them', async () => {
    for (const [server, tool] of [
      ['calc', 'delete_a'],
      ['other', 'add'],
    ] as const) {
      const { code, message } = errorOf(await execute(front.rpc, { server, tool, agent_id: 'd14' }));
      expect(code).toBe('DENIED_BY_POLICY');
      for (const hint of ['agents.', 'delete_*', 'default_deny']) expect(message).not.toContain(hint);
    }
  });
});

describe('D4 unknown keys in the rules are errors', () => {
  it.each([
    ['an agent', { agents: { a: { denny: { servers: ['x'] } } } }, 'denny'],
    ['a list', { agents: { a: { allow: { server: ['x'] } } } }, 'server'],
    ['the defaults', { agents: {}, defaults: { deny_on_missing: true } }, 'deny_on_missing'],
    ['the file', { agents: {}, agent: {} }, 'agent'],
  ])('in %s: nothing starts', async (_where, rules, key) => {
    const { home, running } = launch([], { servers: CALC, rules });
    expect((await running.stop(null)).code).toBe(1);
    const line =
      fileText(rules)
        .split('\n')
        .findIndex((text) => text.includes(`"${key}"`)) + 1;
    expect(running.stderr()).toContain(`.mcp-gateway-rules.json:${line}:`);
    expect(running.stderr()).toContain(key);
    await assertGone(home.dir);
    home.remove();
  });
});

describe('D10 what the other documents but does not wire, works', () => {
  const rules = withPrincipals({ default: { allow: { servers: ['*'] } } });

  it('D10 the audit log is written where GATEWAY_AUDIT_LOG says', async () => {
    const home = makeHome({ servers: CALC, rules });
    const audit = path.join(home.dir, 'elsewhere/audit.jsonl');
    const gateway = await serveStdio({ home, env: { GATEWAY_AUDIT_LOG: audit } });
    await executeText(gateway.rpc, { server: 'calc', tool: 'label' });
    expect(auditRecords({ ...home, audit }).map(({ operation }) => operation)).toContain('execute_tool');
    await gateway.stop();
  });

  it('D10 metrics count, over HTTP', async () => {
    const gateway = await serveHttp({ servers: CALC, rules });
    const rpc = await gateway.open();
    await executeText(rpc, { server: 'calc', tool: 'label' });
    const headers = { authorization: `Bearer ${TOKEN}` };
    const { body } = await request(`${gateway.origin}/metrics`, { headers });
    expect(body).toMatch(/operations_total\{[^}]*operation="execute_tool"[^}]*\} 1/);
    await gateway.stop();
  });

  it.runIf(process.platform !== 'win32')('D10 SIGHUP reloads', async () => {
    const gateway = await serveStdio({ servers: CALC, rules });
    expect(await listServers(gateway.rpc)).toEqual(['calc', 'other']);
    writeFileSync(gateway.home.rules, fileText(withPrincipals({ default: { allow: { servers: ['calc'] } } })));
    gateway.running.child.kill('SIGHUP');
    await until(async () => (await listServers(gateway.rpc)).join() === 'calc', 'the new rules hold');
    await gateway.stop();
  });

  it.each([
    ['eager', 2],
    ['lazy', 0],
  ])('D10 the init strategy %s starts %i servers before the first call', async (strategy, expected) => {
    const home = makeHome({ rules });
    const spawns = path.join(home.dir, 'spawns');
    const entry = fixture('calc', { SPAWNS_FILE: spawns });
    writeFileSync(home.servers, fileText(servers({ one: entry, two: entry })));
    const gateway = await serveStdio({ home, env: { GATEWAY_INIT_STRATEGY: strategy } });
    if (expected > 0) await until(() => linesOf(spawns).length === expected, 'the servers have started');
    expect(await listServers(gateway.rpc)).toEqual(['one', 'two']);
    expect(linesOf(spawns)).toHaveLength(expected);
    await executeText(gateway.rpc, { server: 'one', tool: 'label' });
    expect(linesOf(spawns)).toHaveLength(Math.max(expected, 1));
    await gateway.stop();
  });
});

it('D11 connections are kept and shared', async () => {
  const home = makeHome({ rules: withPrincipals({ default: { allow: { servers: ['*'] } } }) });
  const spawns = path.join(home.dir, 'spawns');
  writeFileSync(home.servers, fileText(servers({ calc: fixture('calc', { SPAWNS_FILE: spawns }) })));
  const gateway = await serveHttp({ home });
  for (const revision of ['2025-11-25', '2026-07-28']) {
    const rpc = await gateway.open(revision);
    for (let call = 0; call < 3; call++) await executeText(rpc, { server: 'calc', tool: 'label' });
    await rpc.close();
  }
  expect(linesOf(spawns)).toHaveLength(1);
  await gateway.stop();
});

describe('D12 a failing server definition disables that server only', () => {
  const broken: Json = {
    both: { command: 'x', url: 'http://127.0.0.1:9/' },
    neither: { description: 'nothing' },
    wrong: { command: 5 },
    unset: { command: 'x', env: { A: variable('NOT_SET_ANYWHERE') } },
    scheme: { url: 'ftp://127.0.0.1/' },
    gone: { command: '/nonexistent/program' },
  };
  overMatrix(CORNERS, (kind) => {
    it('D12 the others work', async () => {
      const front = await open(kind, {
        servers: servers({ ...broken, calc: fixture('calc', { LABEL: variable('NOT_SET_ANYWHERE:-default') }) }),
        rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
      });
      expect(await executeText(front.rpc, { server: 'calc', tool: 'label' })).toBe('default');
      for (const server of Object.keys(broken)) {
        expect(await executeError(front.rpc, { server, tool: 'add' }), server).toBe('SERVER_UNAVAILABLE');
      }
      expect(front.running.stderr()).toContain('NOT_SET_ANYWHERE');
      const listed = JSON.stringify(await callTool(front.rpc, 'list_servers'));
      expect(listed).not.toContain('NOT_SET_ANYWHERE');
      await front.stop();
    });
  });
});

describe('D13 files in the working directory need trust once', () => {
  const rules = withPrincipals({ default: { allow: { servers: ['*'] } } });

  it('D13 until then the next candidate applies and one line says so', async () => {
    const home = makeHome({ servers: servers({ owner: fixture('calc') }), rules });
    writeFileSync(path.join(home.cwd, '.mcp.json'), fileText(servers({ cloned: fixture('calc') })));
    const before = await serveStdio({ home });
    expect(await listServers(before.rpc)).toEqual(['owner']);
    expect(
      before.running
        .stderr()
        .split('\n')
        .filter((line) => line.includes('trust')),
    ).toHaveLength(1);
    before.running.child.stdin?.end();
    await before.running.exited;

    const trusted = await runCli(['trust'], { env: home.env, cwd: home.cwd });
    expect(trusted).toMatchObject({ code: 0 });
    const after = await serveStdio({ home });
    expect(await listServers(after.rpc)).toEqual(['cloned']);
    after.running.child.stdin?.end();
    await after.running.exited;

    // A changed file needs it again, and until then nothing starts in its place.
    writeFileSync(
      path.join(home.cwd, '.mcp.json'),
      fileText(servers({ cloned: fixture('calc'), more: fixture('calc') })),
    );
    const changed = await runCli(['serve'], { env: home.env, cwd: home.cwd });
    expect(changed.code).toBe(1);
    expect(changed.stderr).toMatch(/changed since it was trusted.*agent-mcp-gateway trust/);
    home.remove();
  });

  it('D13 with nothing else, nothing starts', async () => {
    const home = makeHome({ rules });
    writeFileSync(path.join(home.cwd, '.mcp.json'), fileText(servers({ cloned: fixture('calc') })));
    const { running } = launch([], { home });
    expect((await running.stop(null)).code).toBe(1);
    expect(running.stderr()).toContain('trust');
    home.remove();
  });

  it('D13 GATEWAY_TRUST_CWD=1 is the answer for who checked the directory', async () => {
    const home = makeHome({ rules });
    writeFileSync(path.join(home.cwd, '.mcp.json'), fileText(servers({ cloned: fixture('calc') })));
    const gateway = await serveStdio({ home, env: { GATEWAY_TRUST_CWD: '1' } });
    expect(await listServers(gateway.rpc)).toEqual(['cloned']);
    await gateway.stop();
  });
});

it('D14 unless explain_denials is on', async () => {
  const agents = { default: { allow: { servers: ['calc'] }, deny: { tools: { calc: ['delete_*'] } } } };
  const gateway = await serveStdio({
    servers: CALC,
    rules: withPrincipals(agents, { defaults: { explain_denials: true } }),
  });
  const explicit = errorOf(await execute(gateway.rpc, { server: 'calc', tool: 'delete_a' }));
  expect(explicit.message).toContain('agents.default.deny.tools.calc[0]');
  const byDefault = errorOf(await execute(gateway.rpc, { server: 'other', tool: 'add' }));
  expect(byDefault.message).toContain('default_deny');
  await gateway.stop();
});
