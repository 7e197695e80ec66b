import { describe, expect, it } from 'vitest';
import { compile } from './compile-rules.ts';
import { parseExpectations, runExpectations } from './expectations.ts';

describe('expectations', () => {
  it('reads entries with and without rules, as objects and as maps', () => {
    const checks = [
      ['a', 's', null, true],
      ['a', 's', 't', false],
    ];
    const rules = { agents: {} };
    const read = [
      { agent: 'a', server: 's', tool: null, allowed: true },
      { agent: 'a', server: 's', tool: 't', allowed: false },
    ];
    const parsed = parseExpectations([
      { checks },
      new Map<string, unknown>([
        ['rules', rules],
        ['checks', checks],
      ]),
    ]);
    expect(parsed).toEqual({
      entries: [
        { rules: undefined, checks: read },
        { rules, checks: read },
      ],
      problems: [],
    });
  });

  it('says where something is wrong', () => {
    const paths = (value: unknown) => parseExpectations(value).problems.map(({ path }) => path);
    expect(paths({ checks: [] })).toEqual([[]]);
    expect(paths([1, {}, { checks: {} }, ['checks'], null])).toEqual([[0], [1], [2], [3], [4]]);
    expect(paths([{ checks: [], check: [] }])).toEqual([[0, 'check']]);
    const bad = [['a', 's', null], ['a', 's', 't', 1], ['a', 's', undefined, true], ['a', null, 't', true], 'a', {}];
    expect(paths([{ checks: [['a', 's', 't', true], ...bad] }])).toEqual(bad.map((_, at) => [0, 'checks', at + 1]));
  });

  it('reports what differs, with the deciding rule', () => {
    const policy = compile({ agents: { a: { allow: { servers: ['s'] }, deny: { tools: { s: ['t'] } } } } });
    const check = (tool: string | null, allowed: boolean) => ({ agent: 'a', server: 's', tool, allowed });
    const groups = [
      { policy, checks: [check(null, true), check('t', false), check('u', true)] },
      { policy, checks: [check(null, true), check('t', true), check('u', false)] },
    ];
    expect(runExpectations(groups)).toEqual([
      { entry: 1, check: 1, expected: check('t', true), actual: { allowed: false, rule: 'agents.a.deny.tools.s[0]' } },
      { entry: 1, check: 2, expected: check('u', false), actual: { allowed: true, rule: 'implicit_grant' } },
    ]);
  });
});
