import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile } from './compile-rules.ts';
import { parseExpectations, runExpectations } from './expectations.ts';
import type { PolicyRules } from './rules-data.ts';

test('agrees with all 4,406 recorded decisions of the Python gateway', () => {
  const file = new URL('../../test/vectors/policy.json', import.meta.url);
  const { entries, problems } = parseExpectations(JSON.parse(readFileSync(file, 'utf8')));
  expect(problems).toEqual([]);
  expect(entries.flatMap(({ checks }) => checks)).toHaveLength(4406);
  const groups = entries.map(({ rules, checks }) => ({ policy: compile(rules as PolicyRules), checks }));
  expect(runExpectations(groups)).toEqual([]);
});
