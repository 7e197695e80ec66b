import { describe, expect, it } from 'vitest';
import { compile } from './compile-rules.ts';
import { parseExpectations, runExpectations } from './expectations.ts';
import { decisionOf, type Effect } from './rules-data.ts';

describe('expectations', () => {
  it('reads entries with and without rules, as objects and as maps', () => {
    const checks = [
      ['a', 's', null, true],
      ['a', 's', 't', false],
      ['a', 's', 'u', 'ask'],
    ];
    const rules = { agents: {} };
    const read = [
      { agent: 'a', server: 's', tool: null, effect: 'allow' },
      { agent: 'a', server: 's', tool: 't', effect: 'deny' },
      { agent: 'a', server: 's', tool: 'u', effect: 'ask' },
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
    const bad = [
      ['a', 's', null],
      ['a', 's', 't', 1],
      ['a', 's', 't', 'maybe'],
      ['a', 's', undefined, true],
      ['a', null, 't', true],
      'a',
      {},
    ];
    expect(paths([{ checks: [['a', 's', 't', true], ...bad] }])).toEqual(bad.map((_, at) => [0, 'checks', at + 1]));
  });

  it('reports what differs, with the deciding rule', () => {
    const policy = compile({
      agents: { a: { allow: { servers: ['s'] }, ask: { tools: { s: ['v'] } }, deny: { tools: { s: ['t'] } } } },
    });
    const check = (tool: string | null, effect: Effect) => ({ agent: 'a', server: 's', tool, effect });
    const groups = [
      { policy, checks: [check(null, 'allow'), check('t', 'deny'), check('u', 'allow'), check('v', 'ask')] },
      { policy, checks: [check(null, 'allow'), check('t', 'allow'), check('u', 'deny'), check('v', 'allow')] },
    ];
    expect(runExpectations(groups)).toEqual([
      { entry: 1, check: 1, expected: check('t', 'allow'), actual: decisionOf('deny', 'agents.a.deny.tools.s[0]') },
      { entry: 1, check: 2, expected: check('u', 'deny'), actual: decisionOf('allow', 'implicit_grant') },
      { entry: 1, check: 3, expected: check('v', 'allow'), actual: decisionOf('ask', 'agents.a.ask.tools.s[0]') },
    ]);
  });
});
