import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile } from '../compile-rules.ts';
import { accessMatrix } from './access-matrix.ts';
import { changedDecisions, questionsAbout } from './changed-decisions.ts';
import { AGENTS, everyQuestion, NAMES, policyRules, SERVERS } from './testing.ts';

it('property: finds what brute force finds, with the deciding rule of both', () => {
  fc.assert(
    fc.property(policyRules, policyRules, (one, other) => {
      const [before, after] = [compile(one), compile(other)];
      const questions = everyQuestion([...AGENTS, 'nobody']);
      const found = changedDecisions(before, after, questions);
      const expected: unknown[] = [];
      for (const question of questions) {
        const { agent, server, name, kind } = question;
        // By what takes effect and is recorded, which is another way than by what the rules say.
        const [old, now] = [before, after].map((policy) => policy.decide(agent, server, name, kind));
        const word = (decision = old) => (decision?.shadowed ? 'SHADOW' : decision?.allowed ? 'ALLOW' : 'DENY');
        if (word(old) === word(now)) continue;
        expected.push({
          question,
          before: { outcome: word(old), rule: old?.rule },
          after: { outcome: word(now), rule: now?.rule },
        });
      }
      expect(found).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

it('property: rules do not differ from themselves', () => {
  fc.assert(
    fc.property(policyRules, (rules) => {
      expect(changedDecisions(compile(rules), compile(rules), everyQuestion(AGENTS))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

const TOOLS = new Map(SERVERS.map((server, at) => [server, at === 0 ? undefined : NAMES]));

it('property: each cell of a matrix is a decision', () => {
  fc.assert(
    fc.property(policyRules, (rules) => {
      const policy = compile(rules);
      const agents = [...policy.agents, 'nobody'];
      const { rows, unknown, shadow } = accessMatrix(policy, agents, TOOLS);
      expect(unknown).toEqual([SERVERS[0]]);
      expect(rows).toHaveLength(SERVERS.length + (SERVERS.length - 1) * NAMES.length);
      for (const { server, tool, cells } of rows) {
        for (const [at, { outcome, rule }] of cells.entries()) {
          const decision = policy.decide(agents[at] ?? '', server, tool ?? undefined);
          expect(rule).toBe(decision.rule);
          expect(outcome).toBe(decision.shadowed ? 'SHADOW' : decision.allowed ? 'ALLOW' : 'DENY');
        }
      }
      expect(shadow).toEqual(agents.filter((agent) => policy.isShadow(agent)));
    }),
    { numRuns: 300 },
  );
});

it('asks about every server, and every tool that is known', () => {
  const tools = new Map([
    ['a', ['x', 'y']],
    ['b', undefined],
  ]);
  expect([...questionsAbout(['one'], tools)].map(({ server, name }) => [server, name])).toEqual([
    ['a', undefined],
    ['a', 'x'],
    ['a', 'y'],
    ['b', undefined],
  ]);
});
