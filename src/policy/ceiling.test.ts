import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decideUnderCeiling } from './ceiling.ts';
import { compile } from './compile-rules.ts';

const policy = compile({
  agents: {
    dev: { allow: { servers: ['files', 'db'] }, deny: { tools: { files: ['delete_*'] } } },
    guest: { allow: { servers: ['files'], tools: { files: ['read_*', 'delete_all'] } } },
    none: {},
  },
});

it('both must allow, whatever the names', () => {
  const agents = fc.constantFrom('dev', 'guest', 'none', 'nobody');
  const servers = fc.constantFrom('files', 'db', 'mail');
  const tools = fc.option(fc.constantFrom('read_x', 'write_x', 'delete_all'), { nil: undefined });
  fc.assert(
    fc.property(agents, agents, servers, tools, (agent, ceiling, server, tool) => {
      const { allowed } = decideUnderCeiling(policy, { agent, ceiling }, server, tool);
      const both = policy.decide(agent, server, tool).allowed && policy.decide(ceiling, server, tool).allowed;
      expect(allowed).toBe(both);
    }),
  );
});

it('without a ceiling it is the decision for the agent', () => {
  expect(decideUnderCeiling(policy, { agent: 'dev', ceiling: undefined }, 'db')).toBe(policy.decide('dev', 'db'));
});

it('says whose rule denied', () => {
  expect(decideUnderCeiling(policy, { agent: 'dev', ceiling: 'guest' }, 'files', 'write_x').rule).toBe(
    'ceiling: default_deny',
  );
  expect(decideUnderCeiling(policy, { agent: 'dev', ceiling: 'guest' }, 'files', 'delete_all').rule).toBe(
    'agents.dev.deny.tools.files[0]',
  );
});
