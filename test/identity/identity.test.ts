/** Who is calling (docs/identity.md): over both transports and both eras. */
import { describe, expect, it } from 'vitest';
import { auditRecords, type Json, servers, sha256, TOKEN } from '../support/home.ts';
import { type Front, open, TRANSPORTS, withBothEras } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { callTool, errorOf, listServers, toolNames } from '../support/tools.ts';

const SERVERS = servers({ a: fixture('calc'), b: fixture('calc'), c: fixture('calc') });
const AGENTS = {
  one: { allow: { servers: ['a'] } },
  two: { allow: { servers: ['b'] } },
  'team.three': { allow: { servers: ['c'] } },
};

/** Both principals of the harness with the same rights. */
function principals(more: Json): Json {
  return { tester: { token_sha256: sha256(TOKEN), ...more }, local: { stdio: true, ...more } };
}

const LONG = 'x'.repeat(10_000);

const ALL = principals({ may_assume: ['*'] });

async function code(front: Front, agent?: string): Promise<string> {
  return errorOf(await callTool(front.rpc, 'list_servers', agent === undefined ? {} : { agent_id: agent })).code;
}

describe.each(TRANSPORTS)('%s, both eras', (transport) => {
  const under = (
    rules: Json,
    body: (front: Front) => Promise<void>,
    more: { env?: Record<string, string>; args?: string[] } = {},
  ): Promise<void> =>
    // No call reaches a server here, so none need start.
    withBothEras(
      transport,
      { servers: SERVERS, rules, ...more, env: { GATEWAY_INIT_STRATEGY: 'lazy', ...more.env } },
      body,
    );

  it('the agent_id argument comes first', () =>
    under(
      { agents: AGENTS, principals: principals({ may_assume: ['*'], default: 'two' }) },
      async (front) => {
        expect(await listServers(front.rpc, 'one')).toEqual(['a']);
        expect(await listServers(front.rpc, 'team.three')).toEqual(['c']);
      },
      { env: { GATEWAY_DEFAULT_AGENT: 'team.three' } },
    ));

  it("then the connection's default agent", () =>
    under(
      { agents: AGENTS, principals: principals({ may_assume: ['*'], default: 'two' }) },
      async (front) => {
        expect(await listServers(front.rpc)).toEqual(['b']);
      },
      { env: { GATEWAY_DEFAULT_AGENT: 'one' } },
    ));

  it('then GATEWAY_DEFAULT_AGENT', () =>
    under(
      { agents: { ...AGENTS, default: {} }, principals: ALL },
      async (front) => {
        expect(await listServers(front.rpc)).toEqual(['a']);
      },
      { env: { GATEWAY_DEFAULT_AGENT: 'one' } },
    ));

  it('then the agent named default', () =>
    under({ agents: { ...AGENTS, default: { allow: { servers: ['c'] } } }, principals: ALL }, async (front) => {
      expect(await listServers(front.rpc)).toEqual(['c']);
    }));

  it('otherwise NO_FALLBACK_CONFIGURED', () =>
    under({ agents: AGENTS, principals: ALL }, async (front) => {
      expect(await code(front)).toBe('NO_FALLBACK_CONFIGURED');
      expect(await listServers(front.rpc, 'one')).toEqual(['a']);
    }));

  it('a fallback agent that the rules do not have: FALLBACK_AGENT_NOT_IN_RULES', () =>
    under(
      { agents: { ...AGENTS, default: {} }, principals: ALL },
      async (front) => {
        expect(await code(front)).toBe('FALLBACK_AGENT_NOT_IN_RULES');
      },
      { env: { GATEWAY_DEFAULT_AGENT: 'nobody' } },
    ));

  it('deny_on_missing_agent refuses at once, whatever the fall-backs say', () =>
    under(
      { agents: { ...AGENTS, default: {} }, principals: ALL, defaults: { deny_on_missing_agent: true } },
      async (front) => {
        expect(await code(front)).toBe('INVALID_AGENT_ID');
        expect(await listServers(front.rpc, 'one')).toEqual(['a']);
        // What carries no agent_id is not refused.
        expect(await toolNames(front.rpc)).toContain('list_servers');
      },
      { env: { GATEWAY_DEFAULT_AGENT: 'one' } },
    ));

  it('deny_on_missing_agent leaves a connection alone that has an agent of its own', () =>
    under(
      {
        agents: AGENTS,
        principals: principals({ may_assume: ['*'], default: 'two' }),
        defaults: { deny_on_missing_agent: true },
      },
      async (front) => {
        expect(await listServers(front.rpc)).toEqual(['b']);
      },
    ));

  it('an agent outside may_assume is refused with the same bytes, whether or not the rules have it', () =>
    under(
      { agents: AGENTS, principals: principals({ may_assume: ['team.*'], default: 'team.three' }) },
      async (front) => {
        const text = async (agent: string): Promise<string> =>
          JSON.stringify(await callTool(front.rpc, 'list_servers', { agent_id: agent })).replaceAll(
            `'${agent}'`,
            "'_'",
          );
        expect(await code(front, 'one')).toBe('INVALID_AGENT_ID');
        expect(await text('one')).toBe(await text('nobody'));
        expect(await text('one')).toBe(await text('team.nobody'));
        expect(await listServers(front.rpc, 'team.three')).toEqual(['c']);
      },
    ));

  it('a fall-back outside may_assume is refused', () =>
    under(
      { agents: AGENTS, principals: principals({ may_assume: ['team.*'] }) },
      async (front) => {
        expect(await code(front)).toBe('INVALID_AGENT_ID');
      },
      { env: { GATEWAY_DEFAULT_AGENT: 'one' } },
    ));

  it('odd values of agent_id are nobody', () =>
    under({ agents: AGENTS, principals: ALL }, async (front) => {
      for (const agent of ['', ' ', 'ONE', 'one ', '__proto__', 'constructor', 'toString', 'one\u0000', '*', LONG]) {
        const codes = ['INVALID_AGENT_ID', 'INVALID_ARGUMENTS', 'NO_FALLBACK_CONFIGURED'];
        expect(codes, agent.slice(0, 20)).toContain(await code(front, agent));
      }
    }));

  it('agent_id is read only in the tools of the gateway', () =>
    under({ agents: { ...AGENTS, default: { allow: { servers: ['c'] } } }, principals: ALL }, async (front) => {
      const args = { agent_id: 'one', a: 1, b: 2 };
      const inner = await callTool(front.rpc, 'execute_tool', { server: 'a', tool: 'add', args });
      expect(errorOf(inner).code).toBe('DENIED_BY_POLICY');
      const meta = { agent_id: 'one', 'io.modelcontextprotocol/clientInfo': { name: 'one', version: '1' } };
      if (front.rpc.revision === '2025-11-25') {
        expect(errorOf(await callTool(front.rpc, 'execute_tool', { server: 'a', tool: 'add' }, { meta })).code).toBe(
          'DENIED_BY_POLICY',
        );
      }
    }));

  it('the audit tells principal, claim, agent and assurance', () =>
    under(
      {
        agents: AGENTS,
        principals: {
          tester: { token_sha256: sha256(TOKEN), may_assume: ['one'], default: 'one' },
          local: { stdio: true, may_assume: ['*'] },
        },
      },
      async (front) => {
        await listServers(front.rpc, 'one');
        await code(front, 'nobody');
        const [allowed, refused] = auditRecords(front.home)
          .filter(({ operation }) => operation === 'list_servers')
          .slice(-2);
        const http = transport === 'http';
        expect(allowed).toMatchObject({
          principal: http ? 'tester' : 'local',
          claimed_agent: 'one',
          agent_id: 'one',
          assurance: http ? 'token' : 'claim',
          decision: 'ALLOW',
        });
        expect(refused).toMatchObject({ claimed_agent: 'nobody', agent_id: null, error_code: 'INVALID_AGENT_ID' });
        expect(refused?.['decision']).not.toBe('ALLOW');
      },
    ));
});

describe.each(['2025-11-25', '2026-07-28'])('stdio %s', (revision) => {
  const kind = { transport: 'stdio', revision } as const;

  it('without principals may assume every agent, and says so once', async () => {
    const front = await open(kind, { servers: SERVERS, rules: { agents: AGENTS } });
    expect(await listServers(front.rpc, 'one')).toEqual(['a']);
    expect(await listServers(front.rpc, 'two')).toEqual(['b']);
    const [record] = auditRecords(front.home).filter(({ operation }) => operation === 'list_servers');
    expect(record).toMatchObject({ assurance: 'claim', agent_id: 'one' });
    expect(front.running.stderr()).toMatch(/agent_id|principal|claim/);
    await front.stop();
  });

  it('--agent binds the connection: default and only agent', async () => {
    const front = await open(kind, { servers: SERVERS, rules: { agents: AGENTS }, args: ['--agent', 'two'] });
    expect(await listServers(front.rpc)).toEqual(['b']);
    expect(await listServers(front.rpc, 'two')).toEqual(['b']);
    expect(await code(front, 'one')).toBe('INVALID_AGENT_ID');
    const [record] = auditRecords(front.home).filter(({ operation }) => operation === 'list_servers');
    expect(record).toMatchObject({ assurance: 'launch', agent_id: 'two', claimed_agent: null });
    await front.stop();
  });
});
