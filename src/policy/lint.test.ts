import { describe, expect, it, test } from 'vitest';
import { lint } from './lint.ts';
import type { AgentRules, PolicyRules } from './rules-data.ts';

/** `kind path` of every finding. */
function findings(agent: AgentRules, defaults?: PolicyRules['defaults']): string[] {
  const rules: PolicyRules = { agents: { a: agent }, ...(defaults === undefined ? {} : { defaults }) };
  return lint(rules).map(({ kind, path }) => `${kind} ${path.join('/')}`);
}

describe('rules that relied on the Python gateway', () => {
  test('D1 deny_on_missing_agent: false let unknown agents use everything', () => {
    expect(findings({}, { deny_on_missing_agent: false })).toEqual(['D1 defaults/deny_on_missing_agent']);
    expect(findings({}, { deny_on_missing_agent: true })).toEqual([]);
    expect(findings({}, {})).toEqual([]);
  });

  test('D2 a pattern as key of a tools map was a literal', () => {
    expect(
      findings({
        allow: { tools: { 'db_*': ['x'], 'a[b': ['x'], db: ['x'] } },
        deny: { tools: { '*': ['x'], '?': [] } },
      }),
    ).toEqual([
      'D2 agents/a/allow/tools/db_*',
      'pattern agents/a/allow/tools/a[b',
      'D2 agents/a/deny/tools/*',
      'D2 agents/a/deny/tools/?',
    ]);
  });

  test('D3 an empty list in allow.tools granted everything', () => {
    expect(findings({ allow: { tools: { db: [] } }, deny: { tools: { db: [] } } })).toEqual([
      'D3 agents/a/allow/tools/db',
    ]);
  });

  test('D5 ? and [...] without a star were literals', () => {
    expect(
      findings({
        allow: { servers: ['db_?', 'fs', 'x?*'], tools: { fs: ['read', 'get_[ab]'] } },
        deny: { servers: ['[ab]'], tools: { fs: ['rm?', 'rm*', '[ab]*', 'a[', '[]'] } },
      }),
    ).toEqual([
      'D5 agents/a/allow/servers/0',
      'D5 agents/a/allow/tools/fs/1',
      'D5 agents/a/deny/servers/0',
      'D5 agents/a/deny/tools/fs/0',
      'pattern agents/a/deny/tools/fs/3',
      'pattern agents/a/deny/tools/fs/4',
    ]);
  });
});

it('points out ranges that run backwards', () => {
  expect(findings({ deny: { servers: ['x[z-a]*', 'x[a-z]*'] } })).toEqual(['pattern agents/a/deny/servers/0']);
});

it('gives every finding a message and a fix', () => {
  const rules: PolicyRules = {
    agents: { a: { allow: { tools: { '*': [] } }, deny: { servers: ['?', '['] } } },
    defaults: { deny_on_missing_agent: false },
  };
  const found = lint(rules);
  expect(found.map(({ kind }) => kind)).toEqual(['D2', 'D3', 'D5', 'pattern', 'D1']);
  for (const { message, fix } of found) expect(`${message} - ${fix}`).toMatch(/^[A-Z"].+[^.] - [A-Z].+[^.]$/);
});
