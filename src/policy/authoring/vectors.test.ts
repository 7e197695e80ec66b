/** The 4,406 recorded decisions of the Python gateway, as calls to learn from and as a table. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile } from '../compile-rules.ts';
import { parseExpectations } from '../expectations.ts';
import type { PolicyRules } from '../rules-data.ts';
import { outcomeOf } from './changed-decisions.ts';
import { learnRules } from './learned-rules.ts';

const file = new URL('../../../test/vectors/policy.json', import.meta.url);
const entries = parseExpectations(JSON.parse(readFileSync(file, 'utf8'))).entries.map(({ rules, checks }) => ({
  rules: rules as PolicyRules,
  checks: checks.map(({ tool, ...names }) => ({ ...names, name: tool ?? undefined, kind: 'tool' as const })),
}));

test('a table says what was recorded', () => {
  for (const { rules, checks } of entries) {
    const policy = compile(rules);
    for (const check of checks) expect(outcomeOf(policy, check).outcome === 'ALLOW').toBe(check.effect === 'allow');
  }
});

test('what is learned from all allowed calls allows them, and under 5 % of what was denied or never asked for', () => {
  let [learnedCalls, unseen, unseenAllowed] = [0, 0, 0];
  for (const { rules, checks } of entries) {
    const names = [...new Set(checks.map(({ name }) => name))];
    const servers = [...new Set(checks.map(({ server }) => server))];
    for (const agent of Object.keys(rules.agents)) {
      const used = checks.filter((check) => check.agent === agent && check.effect === 'allow');
      const uses = used.map((check) => ({ ...check, allowed: 1, missed: 0 }));
      const { allow, leftOut } = learnRules(rules.agents[agent] ?? {}, uses);
      expect(leftOut).toEqual([]);
      const policy = compile({ agents: { [agent]: { ...rules.agents[agent], allow } } });
      for (const { server, name } of used) expect(policy.judge(agent, server, name).allowed).toBe(true);
      learnedCalls += used.length;
      for (const server of servers) {
        for (const name of names) {
          if (used.some((check) => check.server === server && (check.name === name || name === undefined))) continue;
          unseen++;
          if (policy.judge(agent, server, name).allowed) unseenAllowed++;
        }
      }
    }
  }
  expect(learnedCalls).toBeGreaterThan(1_000);
  expect(unseen).toBeGreaterThan(1_000);
  expect(unseenAllowed / unseen).toBeLessThan(0.05);
});
