import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Budget } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import { HAS_REDIS, openTestStore, startRedis } from '../../store/testing.ts';
import { BudgetAccounts, type BudgetLedger } from './budgets.ts';
import { StoreBudgets } from './store-budgets.ts';
import type { BudgetHolder } from './watch-call.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function replicas(count: number) {
  const redis = await startRedis();
  ends.push(() => redis.stop());
  const stores = await Promise.all(Array.from({ length: count }, () => openTestStore(redis.url)));
  for (const store of stores) ends.push(() => store.close());
  await vi.waitFor(() => expect(stores.every((store) => store.replicas === count)).toBe(true));
  return { redis, stores, budgets: stores.map((store) => new StoreBudgets(store)) };
}

const holder = (budget: Partial<Budget>, who: string): BudgetHolder => ({
  who: `agent '${who}'`,
  path: `agents.${who}.budget`,
  budget: { calls: undefined, resultTokens: undefined, cost: undefined, per: 'month', ...budget },
});

/** The note, nothing, or the refusal; `undefined` for tokens gives the call back. */
async function spend(budgets: BudgetLedger, holders: BudgetHolder[], cost: number, tokens: number | undefined) {
  try {
    const charged = await budgets.charge('rules', holders, cost);
    if (tokens !== undefined) return await charged.spend(tokens);
    charged.giveBack();
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error.message;
    throw error;
  }
}

describe.runIf(HAS_REDIS)('budgets of several gateways', () => {
  test('property: they say what the budgets of one gateway say', async () => {
    const { budgets } = await replicas(3);
    let round = 0;
    const step = fc.record({
      at: fc.nat(2),
      cost: fc.constantFrom(0, 0.1, 0.25),
      tokens: fc.option(fc.nat(40), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'budgets-'));
        const one = new BudgetAccounts(folder);
        const who = `a${++round}`;
        const holders = [holder({ calls: 10, cost: 1.2 }, who), holder({ resultTokens: 150 }, `p${who}`)];
        for (const { at, cost, tokens } of steps) {
          const said = await spend(budgets[at] as StoreBudgets, holders, cost, tokens);
          const wanted = await spend(one, holders, cost, tokens);
          const withoutTime = (text: string | undefined): string | undefined => text?.replace(/, in [^.]*/, '');
          expect(withoutTime(said)).toBe(withoutTime(wanted));
        }
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 25 },
    );
  });

  test('each spends its share of what is left while the store is away, and it is charged afterwards', async () => {
    const { redis, stores, budgets } = await replicas(2);
    const twenty = [holder({ calls: 20 }, 'dev')];
    const [one, other] = budgets as [StoreBudgets, StoreBudgets];
    for (let n = 0; n < 10; n++) await spend(n % 2 === 0 ? one : other, twenty, 0, 0);
    redis.child.kill('SIGSTOP');
    const messages: (string | undefined)[] = [];
    for (let n = 0; n < 10; n++) {
      messages.push(await spend(one, twenty, 0, 0), await spend(other, twenty, 0, 0));
    }
    // One saw 9 calls and may make 5 more, the other saw 10 and may make 5.
    expect(messages.filter((text) => text?.includes('while it cannot reach the others'))).toHaveLength(10);
    redis.child.kill('SIGCONT');
    await vi.waitFor(() => expect(stores.every((store) => store.isUp)).toBe(true), 5_000);
    await vi.waitFor(async () => expect(await spend(one, twenty, 0, 0)).toMatch(/is spent: 2\d of 20 calls/));
  });
});
