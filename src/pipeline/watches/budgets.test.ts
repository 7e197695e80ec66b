import fs, { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, test, vi } from 'vitest';
import type { Budget } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import { BudgetAccounts } from './budgets.ts';
import { periodAt } from './periods.ts';
import type { BudgetHolder } from './watch-call.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'budgets-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const NOON = Date.UTC(2026, 10, 30, 12);
const holder = (budget: Partial<Budget>, who = 'a'): BudgetHolder => ({
  who: `agent '${who}'`,
  path: `agents.${who}.budget`,
  budget: { calls: undefined, resultTokens: undefined, cost: undefined, per: 'day', ...budget },
});

/** What a charge comes to: a note, nothing, or the refusal. */
function spend(
  budgets: BudgetAccounts,
  holders: BudgetHolder | BudgetHolder[],
  cost = 0,
  tokens = 0,
): string | undefined {
  try {
    return budgets.charge('rules', [holders].flat(), cost).spend(tokens);
  } catch (error) {
    if (error instanceof GatewayError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

test('calls: said at 80 %, refused at 100 %, and anew in the next period', () => {
  let now = NOON;
  const budgets = new BudgetAccounts(folder, () => now);
  const five = holder({ calls: 5 });
  expect([1, 2, 3].map(() => spend(budgets, five))).toEqual([undefined, undefined, undefined]);
  expect(spend(budgets, five)).toBe(
    "Note: 80 % of the budget of agent 'a' for this day is spent (4 of 5 calls). It renews at 2026-12-01T00:00:00Z: make the calls that matter most.",
  );
  expect(spend(budgets, five)).toBeUndefined();
  expect(spend(budgets, five)).toBe(
    "BUDGET_EXCEEDED: The budget of agent 'a' for this day is spent: 5 of 5 calls. It renews at 2026-12-01T00:00:00Z, in 12 h. Until then, go on without tools, or tell the user.",
  );
  now += 12 * 3_600_000;
  expect(spend(budgets, five)).toBeUndefined();
});

test('a call that goes on is not charged again, nor refused, and its answer counts', () => {
  const budgets = new BudgetAccounts(folder, () => NOON);
  const most = holder({ calls: 1, resultTokens: 100 });
  expect(spend(budgets, most, 0, 10)).toContain('1 of 1 calls');
  expect(budgets.goOn('rules', [most]).spend(75)).toContain('85 of 100 tokens of results');
  budgets.goOn('rules', [most]).giveBack();
  expect(spend(budgets, most)).toContain('BUDGET_EXCEEDED');
});

test('a call that ends in a later period changes nothing there', () => {
  let now = NOON;
  const budgets = new BudgetAccounts(folder, () => now);
  const most = holder({ calls: 2, resultTokens: 100 });
  const late = [1, 2].map(() => budgets.charge('rules', [most], 0));
  now += 24 * 3_600_000;
  expect(spend(budgets, most)).toBeUndefined();
  expect(late[0]?.spend(500)).toBeUndefined();
  late[1]?.giveBack();
  expect(spend(budgets, most)).toContain('2 of 2 calls');
  expect(spend(budgets, most)).toContain('BUDGET_EXCEEDED');
});

test('a clock that was wrong for a while does not renew a budget; files of older periods go', () => {
  let now = NOON;
  const budgets = new BudgetAccounts(folder, () => now);
  const one = holder({ calls: 1 });
  expect(spend(budgets, one)).toContain('1 of 1 calls');
  now += 365 * 24 * 3_600_000;
  expect(spend(budgets, one)).toContain('1 of 1 calls');
  now = NOON;
  expect(spend(new BudgetAccounts(folder, () => now), one)).toContain('BUDGET_EXCEEDED');
  expect(spend(budgets, one)).toContain('BUDGET_EXCEEDED');
  for (let day = 1; day < 5; day++) {
    now += 24 * 3_600_000;
    spend(budgets, one);
  }
  expect(readdirSync(folder)).toHaveLength(3);
});

test('a call whose charge is written only in part is refused', () => {
  const budgets = new BudgetAccounts(folder, () => NOON);
  expect(spend(budgets, holder({ calls: 9 }))).toBeUndefined();
  const write = vi.spyOn(fs, 'writeSync').mockReturnValue(3);
  expect(spend(budgets, holder({ calls: 9 }))).toContain('cannot be written down');
  write.mockRestore();
});

test('tokens and cost, and what did not reach its server is given back', () => {
  const budgets = new BudgetAccounts(folder, () => NOON);
  expect(spend(budgets, holder({ resultTokens: 100 }), 0, 79)).toBeUndefined();
  expect(spend(budgets, holder({ resultTokens: 100 }), 0, 30)).toContain('109 of 100 tokens of results');
  expect(spend(budgets, holder({ resultTokens: 100 }))).toContain('BUDGET_EXCEEDED');
  const cents = holder({ cost: 0.3 }, 'b');
  expect([spend(budgets, cents, 0.1), spend(budgets, cents, 0.1)]).toEqual([undefined, undefined]);
  expect(spend(budgets, cents, 0.2)).toContain('0.2 of 0.3, and this call costs 0.2');
  expect(spend(budgets, cents, 0.1)).toContain('0.3 of 0.3');
  const one = holder({ calls: 1 }, 'c');
  budgets.charge('rules', [one], 0).giveBack();
  expect(spend(budgets, [holder({ calls: 9 }, 'd'), one])).toContain('1 of 1 calls');
  expect(spend(budgets, [holder({ calls: 9 }, 'd'), one])).toContain('BUDGET_EXCEEDED');
  // Where one refuses, the other is not charged.
  expect([1, 2, 3, 4, 5, 6, 7].map(() => spend(budgets, holder({ calls: 9 }, 'd'))).at(-1)).toContain('8 of 9 calls');
});

it('is exact over several processes and restarts, and after a line that was cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { maxLength: 40 }), fc.integer({ min: 1, max: 30 }), (order, calls) => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const all = [0, 1, 2].map(() => new BudgetAccounts(folder, () => NOON));
      let admitted = 0;
      for (const which of order) {
        // A process ends, and another one takes its place.
        if (which === 3) {
          all[0] = new BudgetAccounts(folder, () => NOON);
          for (const file of readdirSync(folder)) appendFileSync(join(folder, file), 'abc 1');
        }
        const said = spend(all[which % 3] ?? new BudgetAccounts(folder), holder({ calls }));
        if (said?.startsWith('BUDGET') !== true) admitted++;
      }
      expect(admitted).toBe(Math.min(order.length, calls));
    }),
    { numRuns: 50 },
  );
});

test('what cannot be written down is refused', () => {
  expect(spend(new BudgetAccounts('/dev/null/budgets', () => NOON), holder({ calls: 5 }))).toContain(
    'cannot be written down',
  );
});

test.each([
  ['hour', '2026-11-30T13:00:00.000Z'],
  ['day', '2026-12-01T00:00:00.000Z'],
  ['week', '2026-12-07T00:00:00.000Z'],
  ['month', '2026-12-01T00:00:00.000Z'],
] as const)('a %s ends where that of UTC does', (per, ends) => {
  expect(new Date(periodAt(per, NOON + 1).endsAt).toISOString()).toBe(ends);
});
