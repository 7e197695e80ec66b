import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decideUnderCeiling } from './ceiling.ts';
import { compile } from './compile-rules.ts';
import { runExpectations } from './expectations.ts';
import { explain } from './explain.ts';
import { type AgentRules, decisionOf } from './rules-data.ts';

const RULES: AgentRules = {
  allow: { servers: ['files', 'db'], tools: { files: ['read_*'] }, prompts: { files: [] } },
  ask: { servers: ['db'], tools: { files: ['read_*'] } },
  deny: { tools: { '*': ['drop_*'] }, resources: { files: ['file:///keys/*'] } },
};
const policy = compile({ agents: { trial: { ...RULES, enforce: 'shadow' }, held: RULES } });

const servers = fc.constantFrom('files', 'db', 'mail', '__proto__');
const names = fc.option(fc.constantFrom('read_x', 'drop_x', 'other', 'file:///keys/a', 'file:///a'), {
  nil: undefined,
});
const kinds = fc.constantFrom('tool', 'prompt', 'resource');

it('allows everything to an agent in shadow mode, and says by which rule it would be denied', () => {
  fc.assert(
    fc.property(servers, names, kinds, (server, name, kind) => {
      const held = policy.decide('held', server, name, kind);
      const decision = policy.decide('trial', server, name, kind);
      const rule = held.rule.replace('agents.held', 'agents.trial');
      const shadowed = { allow: {}, ask: { shadowed: 'ASK' }, deny: { shadowed: 'DENY' } }[held.effect];
      expect(decision).toEqual({ ...decisionOf('allow', rule), ...shadowed });
      expect(policy.judge('trial', server, name, kind)).toEqual(decisionOf(held.effect, rule));
      expect(policy.judge('held', server, name, kind)).toBe(held);
    }),
  );
});

it('hands out one object for one denial', () => {
  expect(policy.decide('trial', 'mail')).toBe(policy.decide('trial', 'post', 'x'));
});

it.each(['nobody', 'Trial', 'trial ', '__proto__', 'held'])('is nothing that agent %j gets', (agent) => {
  expect(policy.isShadow(agent)).toBe(false);
  expect(policy.decide(agent, 'mail').allowed).toBe(false);
});

it.each([true, 'Shadow', 'on', '', null])('is nothing that %j would switch on', (enforce) => {
  const odd = compile({ agents: { trial: { ...RULES, enforce } as AgentRules } });
  expect(odd.isShadow('trial')).toBe(false);
  expect(odd.decide('trial', 'mail').allowed).toBe(false);
});

it('does not lift a ceiling, neither over the agent nor as one', () => {
  const under = (agent: string, ceiling: string) => decideUnderCeiling(policy, { agent, ceiling }, 'files', 'drop_x');
  expect(under('trial', 'held')).toEqual(decisionOf('deny', 'ceiling: agents.held.deny.tools.*[0]'));
  expect(under('trial', 'trial').allowed).toBe(false);
  expect(decideUnderCeiling(policy, { agent: 'trial', ceiling: 'held' }, 'files', 'read_x')).toEqual(
    decisionOf('ask', 'ceiling: agents.held.ask.tools.files[0]'),
  );
});

it('does not reach callers who did not name the agent', () => {
  const who = { agent: 'trial', ceiling: undefined };
  expect(decideUnderCeiling(policy, { ...who, isFallback: true }, 'mail')).toEqual(decisionOf('deny', 'default_deny'));
  expect(decideUnderCeiling(policy, who, 'mail').allowed).toBe(true);
});

it('is told by explain, and does not change what expectations compare', () => {
  expect(explain(policy, 'trial', 'mail')).toMatchObject({ decision: 'DENY', enforced: false });
  expect(explain(policy, 'trial', 'files')).toMatchObject({ decision: 'ALLOW', enforced: false });
  expect(explain(policy, 'trial', 'db')).toMatchObject({ decision: 'ASK', enforced: false });
  expect(explain(policy, 'held', 'mail')).not.toHaveProperty('enforced');
  const check = { agent: 'trial', server: 'mail', tool: null, effect: 'deny' as const };
  expect(runExpectations([{ policy, checks: [check] }])).toEqual([]);
});
