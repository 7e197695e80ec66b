import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseExpectations, runExpectations } from './expectations.ts';
import type { PolicyRules } from './rules.ts';

test('agrees with all 4,406 recorded decisions of the Python gateway', () => {
  const file = new URL('../../test/vectors/policy.json', import.meta.url);
  const recorded: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const groups = parseExpectations(recorded, (rules) => rules as PolicyRules);
  expect(runExpectations(groups)).toEqual({ total: 4406, mismatches: [] });
});
