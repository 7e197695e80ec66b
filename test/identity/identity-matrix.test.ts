/** Random pairs of principal and claim, over both transports and generations: nobody gets more than the rules say. */
import { describe, expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, countOf, type Home, type Json, servers, sha256 } from '../support/home.ts';
import { httpHeaders, openHttp } from '../support/http.ts';
import { makeCrowd, randomFrom } from '../support/load.ts';
import { fixture } from '../support/paths.ts';
import { until } from '../support/process.ts';
import { MODERN, requestText } from '../support/rpc.ts';

const PAIRS = 2_500;
const NAMES = ['a', 'b', 'c', 'd'];
const SERVERS = servers(Object.fromEntries(NAMES.map((name) => [name, fixture('calc')])));
const LAZY = { GATEWAY_INIT_STRATEGY: 'lazy' };

/** What each agent may use, and who is what, in words that the oracle below understands without the gateway's code. */
const MAY: Record<string, string[]> = {
  dev: ['a', 'b'],
  ops: ['b', 'c'],
  'team.one': ['c'],
  'team.two': ['d'],
  guest: [],
  guarded: ['a', 'd'],
};
const AGENTS: Json = Object.fromEntries(
  Object.entries(MAY).map(([agent, allowed]) => [
    agent,
    { allow: { servers: allowed }, ...(agent === 'guarded' ? { min_assurance: 'token' } : {}) },
  ]),
);
const KINDS = [
  { may_assume: ['*'] },
  { may_assume: ['dev'], default: 'dev' },
  { may_assume: ['team.*'] },
  { may_assume: ['team.one', 'ops'], default: 'ops' },
  { may_assume: ['guarded'], default: 'guarded' },
  { may_assume: ['*'], ceiling: 'ops' },
  { may_assume: ['[do]*'], ceiling: 'dev', default: 'dev' },
  { may_assume: [] },
  { may_assume: ['nobody'] },
  { may_assume: ['*'], default: 'guest' },
] as const;
type KindOf = { may_assume: readonly string[]; default?: string; ceiling?: string };

const CLAIMS = [undefined, ...Object.keys(MAY), 'nobody', 'team.*', '*', 'DEV', 'dev ', '__proto__', 'ops\u0000'];

const GLOBS: Record<string, (agent: string) => boolean> = {
  '*': () => true,
  'team.*': (agent) => agent.startsWith('team.'),
  '[do]*': (agent) => /^[do]/.test(agent),
};

/** The servers that the rules give, or undefined for a refusal. */
function oracle(kind: KindOf, claim: string | undefined, transport: 'stdio' | 'http'): string[] | undefined {
  const assumable = Object.keys(MAY).filter((agent) =>
    kind.may_assume.some((pattern) => GLOBS[pattern]?.(agent) ?? pattern === agent),
  );
  const agent = claim ?? kind.default;
  if (agent === undefined || !assumable.includes(agent)) return undefined;
  if (agent === 'guarded' && (assumable.length > 1 || transport === 'stdio')) return undefined;
  return (MAY[agent] ?? []).filter((server) => kind.ceiling === undefined || MAY[kind.ceiling]?.includes(server));
}

/** Compares one answer with the oracle; refusals come back as text without the claimed name. */
function check(text: string, kind: KindOf, claim: string | undefined, transport: 'stdio' | 'http'): string | undefined {
  const { result } = JSON.parse(text) as { result: { isError?: boolean; content: [{ text: string }] } };
  const expected = oracle(kind, claim, transport);
  const said = JSON.parse(result.content[0].text) as { name: string }[] & { error?: { code: string } };
  const what = `${JSON.stringify(kind)} as ${claim}: ${result.content[0].text}`;
  if (expected !== undefined) {
    if (result.isError === true || JSON.stringify(said.map(({ name }) => name)) !== JSON.stringify(expected)) {
      throw new Error(what);
    }
    return undefined;
  }
  if (result.isError !== true) throw new Error(what);
  if (claim === undefined) return undefined;
  if (said.error?.code !== 'INVALID_AGENT_ID') throw new Error(what);
  return result.content[0].text.replace(JSON.stringify(`'${claim}'`).slice(1, -1), "'_'");
}

const recordsOf = (home: Home): Record<string, unknown>[] =>
  auditRecords(home).filter(({ operation }) => operation === 'list_servers' || operation === 'refusals');

const paramsOf = (claim: string | undefined): object => ({
  name: 'list_servers',
  arguments: claim === undefined ? {} : { agent_id: claim },
});

describe.each(['2025-11-25', MODERN])('%s', (revision) => {
  it(`HTTP: ${PAIRS} pairs`, async () => {
    const tokens = KINDS.map((_kind, at) => `token-of-principal-${at}-${revision}-`.padEnd(50, 'x'));
    const principals = Object.fromEntries(
      KINDS.map((kind, at) => [`p${at}`, { token_sha256: sha256(tokens[at] ?? ''), ...kind }]),
    );
    const gateway = await serveHttp({ servers: SERVERS, rules: { agents: AGENTS, principals }, env: LAZY });
    const sessions = await Promise.all(
      tokens.map(async (token) => (await openHttp(gateway.url, revision, { token })).session),
    );
    const random = randomFrom(5);
    const pairs = Array.from({ length: PAIRS }, () => ({
      at: Math.floor(random() * KINDS.length),
      claim: CLAIMS[Math.floor(random() * CLAIMS.length)],
    }));
    const refusals = new Set<string>();
    const crowd = makeCrowd(gateway.url, 20);
    await crowd.each(pairs, async ({ at, claim }, id) => {
      const session = sessions[at];
      const headers = {
        ...httpHeaders(revision, 'tools/call', 'list_servers'),
        authorization: `Bearer ${tokens[at]}`,
        ...(session === undefined ? {} : { 'mcp-session-id': session }),
      };
      const { body } = await crowd.post(headers, requestText(id + 1, 'tools/call', paramsOf(claim), revision));
      const refusal = check(body, KINDS[at] ?? KINDS[0], claim, 'http');
      if (refusal !== undefined) refusals.add(refusal);
    });
    crowd.close();
    expect(refusals.size).toBe(1);
    await gateway.stop();
  });

  it(`stdio: ${PAIRS} pairs`, async () => {
    const refusals = new Set<string>();
    const random = randomFrom(7);
    await Promise.all(
      KINDS.map(async (kind) => {
        const rules = { agents: AGENTS, principals: { me: { stdio: true, ...kind } } };
        const { rpc, stop, home } = await serveStdio({ servers: SERVERS, rules, env: LAZY }, revision);
        const claims = Array.from({ length: PAIRS / KINDS.length }, () => CLAIMS[Math.floor(random() * CLAIMS.length)]);
        const answers = await Promise.all(claims.map((claim) => rpc.call('tools/call', paramsOf(claim))));
        for (const [at, { text }] of answers.entries()) {
          const refusal = check(text, kind, claims[at], 'stdio');
          if (refusal !== undefined) refusals.add(refusal);
        }
        // Those that are counted are written a moment later.
        await until(() => countOf(recordsOf(home)) === claims.length, 'every call is in the log');
        await stop();
      }),
    );
    expect(refusals.size).toBe(1);
  });
});

it('the audit tells why an agent was refused that its principal may assume', async () => {
  const rules = { agents: AGENTS, principals: { me: { stdio: true, may_assume: ['*'] } } };
  const { rpc, stop, home } = await serveStdio({ servers: SERVERS, rules, env: LAZY });
  await rpc.call('tools/call', paramsOf('guarded'));
  await rpc.call('tools/call', paramsOf('nobody'));
  const records = auditRecords(home).filter(({ operation }) => operation === 'list_servers');
  expect(records).toMatchObject([
    { claimed_agent: 'guarded', agent_id: null, rule: 'agents.guarded.min_assurance', decision: 'DENY' },
    { claimed_agent: 'nobody', agent_id: null, rule: null, decision: 'DENY' },
  ]);
  await stop();
});
