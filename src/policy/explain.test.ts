import { expect, test } from 'vitest';
import { compile } from './compile-rules.ts';
import { explain } from './explain.ts';

const policy = compile({
  agents: {
    a: {
      allow: { servers: ['db*', 'fs'], tools: { db: ['get_*'] } },
      deny: { servers: ['db_x'], tools: { '*': ['drop_*'] } },
    },
  },
});

test.each([
  ['b', 'db', undefined, 'DENY', 'unknown_agent', null, /no agent "b"/],
  ['a', 'web', 'get', 'DENY', 'default_deny', null, /allow\.servers of "a" matches server "web"/],
  ['a', 'db_x', 'get', 'DENY', 'agents.a.deny.servers[0]', 'db_x', /"db_x" matches.*deny\.servers/],
  ['a', 'db', undefined, 'ALLOW', 'agents.a.allow.servers[0]', 'db*', /"db\*" matches.*allow\.servers/],
  ['a', 'db', 'drop_t', 'DENY', 'agents.a.deny.tools.*[0]', 'drop_*', /"drop_\*" under "\*" matches tool "drop_t"/],
  ['a', 'db', 'get_t', 'ALLOW', 'agents.a.allow.tools.db[0]', 'get_*', /under "db".*allow\.tools/],
  ['a', 'db', 'set_t', 'DENY', 'default_deny', null, /allow\.tools has an entry for server "db"/],
  ['a', 'fs', 'get_t', 'ALLOW', 'implicit_grant', null, /allow\.tools has no entry/],
])('%s %s %s: %s by %s', (agent, server, tool, decision, rule, pattern, reason) => {
  expect(explain(policy, agent, server, tool)).toEqual({
    agent,
    server,
    tool: tool ?? null,
    decision,
    rule,
    pattern,
    reason: expect.stringMatching(reason),
  });
});

test.each([
  ['prompt', 'admin_reset', 'DENY', 'agents.a.deny.prompts.*[0]', /matches prompt "admin_reset" in deny\.prompts/],
  ['prompt', 'greet', 'ALLOW', 'implicit_grant', /allow\.prompts has no entry.*every prompt/],
  [
    'resource',
    'file:///a',
    'ALLOW',
    'agents.a.allow.resources.fs[0]',
    /matches resource "file:\/\/\/a" in allow\.resources/,
  ],
  ['resource', 'https://x/', 'DENY', 'default_deny', /nothing in it matches resource/],
] as const)('a %s %s: %s by %s', (kind, name, decision, rule, reason) => {
  const offers = compile({
    agents: {
      a: {
        allow: { servers: ['fs'], resources: { fs: ['file:///*'] } },
        deny: { prompts: { '*': ['admin_*'] } },
      },
    },
  });
  expect(explain(offers, 'a', 'fs', name, kind)).toMatchObject({
    tool: null,
    [kind]: name,
    decision,
    rule,
    reason: expect.stringMatching(reason),
  });
});
