/** BudgetAccounts of agents and principals: how much of each is spent, and until when. */
import type { Budget } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import { type Period, periodAt } from './periods.ts';
import { type Amount, MICRO, NOTHING, SpendingFile, sumOf } from './spending-file.ts';
import type { BudgetHolder } from './watch-call.ts';

/** The share of a budget from which on its agent is told. */
const NEARLY = 0.8;

/** Says what its answer costs. @returns what the agent should know, where a budget is nearly spent with this call */
type Spend<T> = (tokens: number) => T;

/** A call that was charged. */
export interface Charged<T = Promise<string | undefined> | string | undefined> {
  /** It did not reach its server. */
  giveBack(): void;
  readonly spend: Spend<T>;
}

/** The accounts of all budgets. A promise where several gateways have them in common. */
export interface BudgetLedger {
  /**
   * Charges all holders, or none.
   * @param rules path of the rules file: others have other agents of the same names
   * @throws GatewayError BUDGET_EXCEEDED
   */
  charge(rules: string, holders: readonly BudgetHolder[], cost: number): Charged | Promise<Charged>;
  /** A call that was charged before and goes on: only its answer costs something. @throws GatewayError BUDGET_EXCEEDED as `charge` */
  goOn(rules: string, holders: readonly BudgetHolder[]): Charged | Promise<Charged>;
}

/** A budget in one period. */
export interface SpentBudget {
  readonly holder: BudgetHolder;
  readonly period: Period;
  /** What was spent before this call. */
  readonly before: Amount;
}

interface Account extends SpentBudget {
  readonly file: SpendingFile;
}

export class BudgetAccounts implements BudgetLedger {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #files = new Map<string, SpendingFile>();

  /** @param now milliseconds since 1970 */
  constructor(folder: string, now: () => number = Date.now) {
    this.#folder = folder;
    this.#now = now;
  }

  charge(rules: string, holders: readonly BudgetHolder[], cost: number): Charged<string | undefined> {
    const amount = costOf(cost);
    const accounts: Account[] = [];
    const giveBack = (): void => {
      for (const { file } of accounts) file.add({ calls: -1, tokens: 0, cost: -amount.cost });
    };
    try {
      for (const holder of holders) accounts.push(this.#chargeOne(rules, holder, amount));
    } catch (error) {
      giveBack();
      throw error;
    }
    return { giveBack, spend: (tokens) => notesOf(accounts, amount, tokens) };
  }

  goOn(rules: string, holders: readonly BudgetHolder[]): Charged<string | undefined> {
    const accounts = holders.map((holder): Account => {
      const period = periodAt(holder.budget.per, this.#now());
      return recorded(holder, () => {
        const file = this.#fileOf(JSON.stringify([rules, holder.path, holder.budget.per]), period);
        return { holder, file, period, before: file.read() };
      });
    });
    return { giveBack: () => undefined, spend: (tokens) => notesOf(accounts, NOTHING, tokens) };
  }

  #chargeOne(rules: string, holder: BudgetHolder, amount: Amount): Account {
    const period = periodAt(holder.budget.per, this.#now());
    const refuse = (spent: Amount): void => {
      const what = spentUp(holder.budget, spent, amount);
      if (what !== undefined) throw exceeded(holder, what, period, this.#now());
    };
    return recorded(holder, () => {
      const file = this.#fileOf(JSON.stringify([rules, holder.path, holder.budget.per]), period);
      refuse(file.read());
      // Others may have charged meanwhile: what counts is the order in the file.
      const before = file.charge(amount);
      try {
        refuse(before);
      } catch (error) {
        file.add({ calls: -1, tokens: 0, cost: -amount.cost });
        throw error;
      }
      return { holder, file, period, before };
    });
  }

  #fileOf(key: string, period: Period): SpendingFile {
    const known = this.#files.get(key);
    if (known?.period === period.name) return known;
    known?.close();
    const file = new SpendingFile(this.#folder, key, period.name);
    this.#files.set(key, file);
    return file;
  }
}

/** @throws GatewayError BUDGET_EXCEEDED also where the file cannot be used */
function recorded<T>({ who, path }: BudgetHolder, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'BUDGET_EXCEEDED') throw error;
    const why = error instanceof Error ? error.message : '';
    throw new GatewayError(
      'BUDGET_EXCEEDED',
      `What ${who} spends cannot be written down, so nothing is forwarded. Whoever runs the gateway has to look at it.`,
      { data: { rule: path }, cause: why },
    );
  }
}

function notesOf(accounts: readonly Account[], amount: Amount, tokens: number): string | undefined {
  const open = accounts.filter(({ file }) => !file.isClosed);
  return nearlySpent(open, amount, tokens, ({ file, before }) =>
    tokens > 0 ? file.charge({ calls: 0, tokens, cost: 0 }) : sumOf(before, amount),
  );
}

/** One call, in what is counted. @param cost as the rules say it */
export function costOf(cost: number): Amount {
  return { calls: 1, tokens: 0, cost: Math.round(cost * MICRO) };
}

/**
 * The note to an agent about budgets that are nearly spent with a call.
 * @param amount of the call. @param tokens of its answer. @param startOf what was spent before these
 */
export function nearlySpent<T extends SpentBudget>(
  accounts: readonly T[],
  amount: Amount,
  tokens: number,
  startOf: (account: T) => Amount,
): string | undefined {
  const notes = accounts.flatMap((account) => noteOf(account, amount, tokens, startOf(account)) ?? []);
  return notes.length === 0 ? undefined : notes.join(' ');
}

/** What is used up of a budget, in words; undefined where there is room. */
export function spentUp({ calls, resultTokens, cost }: Budget, spent: Amount, next: Amount): string | undefined {
  if (calls !== undefined && spent.calls >= calls) return `${spent.calls} of ${calls} calls`;
  if (resultTokens !== undefined && spent.tokens >= resultTokens)
    return `${spent.tokens} of ${resultTokens} tokens of results`;
  if (cost !== undefined && spent.cost + next.cost > Math.round(cost * MICRO))
    return `${spent.cost / MICRO} of ${cost}, and this call costs ${next.cost / MICRO}`;
  return undefined;
}

export function exceeded(
  { who, path }: BudgetHolder,
  what: string,
  { word, endsAt }: Period,
  now: number,
): GatewayError {
  const at = new Date(endsAt).toISOString().replace('.000', '');
  const message = `The budget of ${who} for this ${word} is spent: ${what}. It renews at ${at}, in ${spanOf(endsAt - now)}. Until then, go on without tools, or tell the user.`;
  return new GatewayError('BUDGET_EXCEEDED', message, { data: { rule: path, renewsAt: at } });
}

function spanOf(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.ceil(minutes / 60)} h` : `${Math.ceil(minutes / 1440)} days`;
}

/** The sentence for the call with which a budget is nearly spent. */
function noteOf(
  { holder, period, before }: SpentBudget,
  amount: Amount,
  tokens: number,
  start: Amount,
): string | undefined {
  const { budget, who } = holder;
  const crossings = [
    crossing(budget.calls, before.calls, before.calls + amount.calls, 'calls'),
    crossing(budget.resultTokens, start.tokens, start.tokens + tokens, 'tokens of results'),
    crossing(budget.cost && budget.cost * MICRO, before.cost, before.cost + amount.cost, 'its cost'),
  ].filter((one) => one !== undefined);
  if (crossings.length === 0) return undefined;
  const at = new Date(period.endsAt).toISOString().replace('.000', '');
  return `Note: 80 % of the budget of ${who} for this ${period.word} is spent (${crossings.join(', ')}). It renews at ${at}: make the calls that matter most.`;
}

function crossing(most: number | undefined, before: number, after: number, what: string): string | undefined {
  if (most === undefined || before >= most * NEARLY || after < most * NEARLY) return undefined;
  return what === 'its cost' ? `${after / MICRO} of ${most / MICRO}` : `${after} of ${most} ${what}`;
}
