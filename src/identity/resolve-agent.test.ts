import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Snapshot } from '../config/snapshot.ts';
import { GatewayError } from '../shared/errors.ts';
import { STDIO_PROOF, tokenProof } from './proof.ts';
import { createConnection } from './resolve-agent.ts';
import { snapshotOf } from './testing.ts';

const HASH = 'a'.repeat(64);
const AGENTS = { dev: {}, ops: {}, 'team.a': {}, 'team.b': {}, default: {} };

interface Options {
  readonly bound?: string | undefined;
  readonly fallback?: string | undefined;
}

function attempt(file: object, claimed: string | undefined, options: Options = {}) {
  return attemptUnder(snapshotOf(file), claimed, options);
}

function attemptUnder(snapshot: Snapshot, claimed: string | undefined, options: Options) {
  const ci = snapshot.principals?.get('ci');
  const proof = ci === undefined ? STDIO_PROOF : tokenProof(ci);
  const connection = createConnection({ proof, boundAgent: options.bound, fallbackAgent: options.fallback });
  try {
    const { agent, assurance, ceiling } = connection.resolve(snapshot, claimed);
    return { agent, assurance, ceiling };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { code: error.code, message: error.message, rule: error.data?.['rule'] };
  }
}

const ci = (more: object) => ({ agents: AGENTS, principals: { ci: { token_sha256: HASH, ...more } } });

it('10,000 pairs of principal and claim never exceed what may_assume says', () => {
  const agents = Object.keys(AGENTS);
  const names = fc.constantFrom(...agents, 'nobody', 'team.*', '*', '__proto__', 'DEV', '');
  const patterns = fc.constantFrom('*', 'dev', 'ops', 'team.*', 'team.?', '[do]*', 'nobody', '[!t]*');
  const principal = fc.record({
    mayAssume: fc.array(patterns, { maxLength: 3 }),
    bound: fc.option(fc.constantFrom(...agents), { nil: undefined }),
    fallback: fc.option(fc.constantFrom(...agents, 'nobody'), { nil: undefined }),
    strict: fc.boolean(),
  });
  const matches = (pattern: string, agent: string): boolean => {
    const source = pattern.replace(/\./g, '\\.').replace(/\[!/g, '[^').replace(/\*/g, '.*').replace(/\?/g, '.');
    return new RegExp(`^${source}$`).test(agent);
  };
  const base = snapshotOf(ci({ may_assume: [] }));
  const definition = base.principals?.get('ci');
  if (definition === undefined) throw new Error('no principal');
  fc.assert(
    fc.property(principal, fc.option(names, { nil: undefined }), (given, claimed) => {
      const principals = new Map([['ci', { ...definition, mayAssume: given.mayAssume }]]);
      const result = attemptUnder({ ...base, principals, denyOnMissingAgent: given.strict }, claimed, given);
      if (!('agent' in result) || result.agent === undefined) return;
      expect(agents).toContain(result.agent);
      expect(given.mayAssume.some((pattern) => matches(pattern, result.agent))).toBe(true);
      if (given.bound !== undefined) expect(result.agent).toBe(given.bound);
      if (claimed !== undefined) expect(result.agent).toBe(claimed);
      const several = agents.filter((agent) => given.mayAssume.some((pattern) => matches(pattern, agent))).length > 1;
      if (several && given.bound === undefined) expect(result.assurance).toBe('claim');
    }),
    { numRuns: 10_000 },
  );
});

it('refusals of agents that exist and that do not are byte-equal but for the name', () => {
  const file = {
    ...ci({ may_assume: ['dev', 'team.*'] }),
    agents: { ...AGENTS, 'team.b': { min_assurance: 'jwt' } },
  };
  const refused = ['ops', 'nobody', 'team.b', 'team.x', 'default'].map((name) => {
    const result = attempt(file, name);
    return JSON.stringify({ ...result, rule: undefined }).replaceAll(`'${name}'`, "'_'");
  });
  expect(new Set(refused).size).toBe(1);
  expect(refused[0]).toContain('INVALID_AGENT_ID');
});

it('asks for another agent_id only where one can help', () => {
  const messageOf = (result: ReturnType<typeof attempt>): string => ('message' in result ? String(result.message) : '');
  const gone = { agents: { ops: {} } };
  expect(messageOf(attempt(gone, undefined, { bound: 'dev' }))).toContain('ask the owner');
  expect(messageOf(attempt(gone, 'ops', { bound: 'dev' }))).toContain('or none');
  expect(messageOf(attempt(ci({ may_assume: ['dev'], default: 'dev' }), 'ops'))).toContain('or none');
});

it('min_assurance: a claim is not enough, the sole agent of a token is', () => {
  const agents = { ...AGENTS, ops: { min_assurance: 'token' } };
  const claim = attempt({ ...ci({ may_assume: ['ops', 'dev'] }), agents }, 'ops');
  expect(claim).toMatchObject({ code: 'INVALID_AGENT_ID', rule: 'agents.ops.min_assurance' });
  expect(attempt({ ...ci({ may_assume: ['ops'] }), agents }, 'ops')).toMatchObject({ assurance: 'token' });
  // Neither does a fall-back get around it.
  const none = attempt({ ...ci({ may_assume: ['ops', 'dev'] }), agents }, undefined, { fallback: 'ops' });
  expect(none).toMatchObject({ code: 'INVALID_AGENT_ID' });
});

it.each([
  ['claim', true],
  ['hook', true],
  ['launch', true],
  ['token', false],
  ['jwt', false],
])('min_assurance %s of an agent that --agent bound: %s', (least, allowed) => {
  const result = attempt({ agents: { dev: { min_assurance: least } } }, undefined, { bound: 'dev' });
  expect('agent' in result).toBe(allowed);
});

it('the ceiling travels with the caller', () => {
  expect(attempt(ci({ may_assume: ['*'], ceiling: 'dev' }), 'ops')).toMatchObject({ agent: 'ops', ceiling: 'dev' });
});

it('a proof holds under the rules in force only', () => {
  const before = snapshotOf(ci({ may_assume: ['*'] }));
  const principal = before.principals?.get('ci');
  if (principal === undefined) throw new Error('no principal');
  const proof = tokenProof(principal);
  expect(proof.find(before)?.name).toBe('ci');
  // Another token under the same name, stdio under it, nothing, or no principals at all: none is this token.
  const other = { ci: { token_sha256: 'b'.repeat(64), may_assume: ['*'] } };
  expect(proof.find(snapshotOf({ agents: AGENTS, principals: other }))).toBeUndefined();
  const stdio = { ci: { stdio: true, may_assume: ['*'] } };
  expect(proof.find(snapshotOf({ agents: AGENTS, principals: stdio }))).toBeUndefined();
  expect(proof.find(snapshotOf({ agents: AGENTS, principals: {} }))).toBeUndefined();
  expect(proof.find(snapshotOf({ agents: AGENTS }))).toBeUndefined();
  expect(STDIO_PROOF.find(before)).toBeUndefined();
  expect(STDIO_PROOF.find(snapshotOf({ agents: AGENTS, principals: stdio }))?.name).toBe('ci');
});
