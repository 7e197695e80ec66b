/**
 * The budgets of several gateways: the store has the accounts. While it cannot be reached, each gateway may spend its share of what it
 * last saw was left, and the accounts are charged afterwards.
 */
import type { Budget } from '../../config/snapshot.ts';
import { keyName, type SharedStore, StoreUnreachable, storeScript } from '../../store/shared-store.ts';
import {
  type BudgetLedger,
  type Charged,
  costOf,
  exceeded,
  nearlySpent,
  type SpentBudget,
  spentUp,
} from './budgets.ts';
import { periodAt } from './periods.ts';
import { type Amount, MICRO, NOTHING, sumOf } from './spending-file.ts';
import type { BudgetHolder } from './watch-call.ts';

/**
 * Charges all accounts, or none.
 *
 *     KEYS  one of each account
 *     ARGV  calls, tokens and cost; of each account its limits of them (-1 for none), and milliseconds that it is kept
 *
 * Returns the account whose budget is spent (from 1) and what was spent of it; or 0 and what was spent of each before.
 */
const CHARGE = storeScript(`
local amount = { tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]) }
local before = {}
for n = 1, #KEYS do
  local at, spent = (n - 1) * 4 + 3, {}
  local values = redis.call('HMGET', KEYS[n], 'calls', 'tokens', 'cost')
  for i = 1, 3 do spent[i] = tonumber(values[i] or 0) end
  local calls, tokens, cost = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local isFull = calls >= 0 and spent[1] >= calls or tokens >= 0 and spent[2] >= tokens
  if isFull or cost >= 0 and spent[3] + amount[3] > cost then return { n, spent[1], spent[2], spent[3] } end
  before[n] = spent
end
local answer = { 0 }
for n = 1, #KEYS do
  redis.call('HSET', KEYS[n], 'calls', before[n][1] + amount[1], 'tokens', before[n][2] + amount[2], 'cost', before[n][3] + amount[3])
  redis.call('PEXPIRE', KEYS[n], ARGV[n * 4 + 3])
  for i = 1, 3 do answer[#answer + 1] = before[n][i] end
end
return answer`);

/** Milliseconds after its period that an account is kept: a clock may be behind. */
const KEPT_MS = 3_600_000;

interface StoreAccount extends SpentBudget {
  readonly key: string;
}

/** The state of an account as this gateway knows it. */
interface Known {
  /** Spent in all when it last looked. */
  seen: Amount;
  /** Spent here since then without the store. */
  owed: Amount;
  /** Milliseconds since 1970 from which on nobody asks any more. */
  readonly until: number;
}

const UNLIMITED: Budget = { calls: undefined, resultTokens: undefined, cost: undefined, per: 'hour' };

export class StoreBudgets implements BudgetLedger {
  readonly #store: SharedStore;
  readonly #known = new Map<string, Known>();

  constructor(store: SharedStore) {
    this.#store = store;
    store.onReturn(() => void this.#settle());
  }

  async charge(_rules: string, holders: readonly BudgetHolder[], cost: number): Promise<Charged> {
    const amount = costOf(cost);
    const accounts = await this.#take(holders, amount, (holder) => holder.budget);
    return {
      giveBack: () => void this.#add(accounts, { calls: -1, tokens: 0, cost: -amount.cost }),
      spend: (tokens) => this.#spend(accounts, amount, tokens),
    };
  }

  async goOn(_rules: string, holders: readonly BudgetHolder[]): Promise<Charged> {
    const accounts = await this.#take(holders, NOTHING, () => UNLIMITED);
    return { giveBack: () => undefined, spend: (tokens) => this.#spend(accounts, NOTHING, tokens) };
  }

  async #spend(accounts: readonly StoreAccount[], amount: Amount, tokens: number): Promise<string | undefined> {
    if (tokens === 0) return nearlySpent(accounts, amount, 0, ({ before }) => sumOf(before, amount));
    const starts = await this.#add(accounts, { calls: 0, tokens, cost: 0 });
    return nearlySpent(accounts, amount, tokens, ({ key }) => starts.get(key) ?? NOTHING);
  }

  /** Adds to accounts, whatever is left of them. @returns what was spent before */
  async #add(accounts: readonly StoreAccount[], amount: Amount): Promise<ReadonlyMap<string, Amount>> {
    const holders = accounts.map(({ holder }) => holder);
    const taken = await this.#take(holders, amount, () => UNLIMITED);
    return new Map(taken.map(({ key, before }) => [key, before]));
  }

  /** @throws GatewayError BUDGET_EXCEEDED */
  async #take(
    holders: readonly BudgetHolder[],
    amount: Amount,
    limitsOf: (holder: BudgetHolder) => Budget,
  ): Promise<readonly StoreAccount[]> {
    const now = this.#store.now();
    const places = holders.map((holder) => {
      const period = periodAt(holder.budget.per, now);
      return { holder, period, key: keyName('budget', holder.path, period.name), limits: limitsOf(holder) };
    });
    const { calls, tokens, cost } = amount;
    const terms = places.flatMap(({ limits, period }) => [...valuesOf(limits), period.endsAt - now + KEPT_MS]);
    let answer: readonly number[];
    try {
      const keys = places.map(({ key }) => key);
      answer = (await this.#store.run(CHARGE, keys, [calls, tokens, cost, ...terms].map(whole))) as typeof answer;
    } catch (error) {
      if (!(error instanceof StoreUnreachable)) throw error;
      return places.map((place) => this.#takeShare(place, amount));
    }
    const [at = 0, ...spent] = answer;
    const refused = places[at - 1];
    if (refused !== undefined) {
      this.#note(refused.key, amountAt(spent, 0), refused.period.endsAt);
      const what = spentUp(refused.limits, amountAt(spent, 0), amount) ?? '';
      throw exceeded(refused.holder, what, refused.period, now);
    }
    return places.map(({ holder, period, key }, n) => {
      const before = amountAt(spent, n);
      this.#note(key, sumOf(before, amount), period.endsAt);
      return { holder, period, key, before };
    });
  }

  /** @throws GatewayError BUDGET_EXCEEDED */
  #takeShare(place: Omit<StoreAccount, 'before'> & { readonly limits: Budget }, amount: Amount): StoreAccount {
    const { holder, period, key, limits } = place;
    const known = this.#known.get(key) ?? this.#note(key, NOTHING, period.endsAt);
    const share = shareOf(limits, known.seen, this.#store.replicas);
    const what = spentUp(share, known.owed, amount);
    if (what !== undefined) {
      const why = `${what} that this gateway may spend while it cannot reach the others`;
      throw exceeded(holder, why, period, this.#store.now());
    }
    const before = sumOf(known.seen, known.owed);
    known.owed = sumOf(known.owed, amount);
    return { holder, period, key, before };
  }

  #note(key: string, seen: Amount, until: number): Known {
    const known = this.#known.get(key);
    if (known !== undefined) {
      known.seen = seen;
      return known;
    }
    const now = this.#store.now();
    for (const [other, { until: over }] of this.#known) if (over + KEPT_MS < now) this.#known.delete(other);
    const fresh = { seen, owed: NOTHING, until };
    this.#known.set(key, fresh);
    return fresh;
  }

  /** Charges what was spent without the store. */
  async #settle(): Promise<void> {
    for (const [key, known] of this.#known) {
      const { owed, until } = known;
      if (owed.calls === 0 && owed.tokens === 0 && owed.cost === 0) continue;
      known.owed = NOTHING;
      const values = [owed.calls, owed.tokens, owed.cost, -1, -1, -1, until - this.#store.now() + KEPT_MS];
      try {
        await this.#store.run(CHARGE, [key], values.map(whole));
      } catch {
        known.owed = sumOf(known.owed, owed);
        return;
      }
    }
  }
}

function valuesOf({ calls = -1, resultTokens = -1, cost }: Budget): readonly number[] {
  return [calls, resultTokens, cost === undefined ? -1 : Math.round(cost * MICRO)];
}

/** The share of what is left that one of several may spend. */
function shareOf({ calls, resultTokens, cost, per }: Budget, seen: Amount, replicas: number): Budget {
  const part = (limit: number | undefined, spent: number, least: number): number | undefined => {
    if (limit === undefined) return undefined;
    const left = Math.max(0, limit - spent);
    return Math.max(Math.min(left, least), left / replicas);
  };
  const [most, tokens] = [part(calls, seen.calls, 1), part(resultTokens, seen.tokens, 1)];
  return {
    calls: most && Math.floor(most),
    resultTokens: tokens && Math.floor(tokens),
    cost: part(cost, seen.cost / MICRO, 0),
    per,
  };
}

function amountAt(numbers: readonly number[], n: number): Amount {
  const [calls = 0, tokens = 0, cost = 0] = numbers.slice(3 * n);
  return { calls, tokens, cost };
}

/** Scripts get whole numbers. */
function whole(number: number): number {
  return Math.max(-Number.MAX_SAFE_INTEGER, Math.round(number));
}
