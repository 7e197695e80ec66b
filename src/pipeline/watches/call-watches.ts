/** Watches over calls: budgets and loops. Loaded when the rules have any. */
import type { ToolAnswer } from '../../operations/operation.ts';
import { withText } from '../../operations/results/with-text.ts';
import { innerOf } from '../../protocol/era-codec.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import type { Call } from '../decide-call.ts';
import type { BudgetLedger, Charged } from './budgets.ts';
import { RepeatedCalls } from './repeated-calls.ts';
import type { WatchTerms } from './watch-call.ts';

/** A call that is counted. */
export interface CountedCall {
  /** The call is over. @returns its answer, with what its agent should know. Never rejects */
  after(call: Call, answer: ToolAnswer, code: ErrorCode | undefined): Promise<ToolAnswer>;
}

export class CallWatches {
  readonly #budgets: BudgetLedger;
  readonly #repeated = new RepeatedCalls();
  readonly #estimate: (text: string) => number;

  /** @param budgets accounts of what is spent. @param estimate tokens of a text */
  constructor(budgets: BudgetLedger, estimate: (text: string) => number) {
    this.#budgets = budgets;
    this.#estimate = estimate;
  }

  /** @throws GatewayError BUDGET_EXCEEDED, REPEATED_CALL */
  async begin(call: Call, { holders, maxRepeats, cost, goesOn }: WatchTerms): Promise<CountedCall> {
    const { rules } = call.snapshot.paths;
    const repeat = maxRepeats === undefined ? undefined : this.#repeated.begin(call, maxRepeats);
    const charge = (): Charged | Promise<Charged> =>
      goesOn ? this.#budgets.goOn(rules, holders) : this.#budgets.charge(rules, holders, cost);
    const charged = holders.length === 0 ? undefined : await charge();
    return {
      after: async ({ forwarded }, answer, code) => {
        repeat?.(answer, code);
        // What cannot be written down now is refused next time.
        return charged === undefined ? answer : this.#settled(charged, forwarded || goesOn, answer).catch(() => answer);
      },
    };
  }

  /** @param reached true where its server has it */
  async #settled(charged: Charged, reached: boolean, answer: ToolAnswer): Promise<ToolAnswer> {
    if (!reached) {
      charged.giveBack();
      return answer;
    }
    const tokens = answer.kind === 'result' ? this.#estimate(innerOf(answer.body)) : 0;
    const note = await charged.spend(tokens);
    if (note === undefined || answer.kind !== 'result') return answer;
    const body = await withText(answer.body, note);
    return body === undefined ? answer : { ...answer, body };
  }
}
