/** The ledger of each agent, in estimated tokens: on learning what there is, and on results. */
import type { Counter } from './meters.ts';

/** The kinds of text that an agent reads: lists and definitions, or results. */
export type Spent = 'definitions' | 'results';

/** Characters of one text that are counted; the rest is taken to be like them. */
const MAX_COUNTED = 4096;

interface Spending {
  /** Calls that were answered. */
  readonly calls: number;
  /** Tokens of lists and definitions. */
  readonly definitions: number;
  /** Tokens of results. */
  readonly results: number;
}

export interface Ledger {
  /** @returns the tokens of the text, estimated */
  spend(agent: string, kind: Spent, text: string): number;
  of(agent: string): Spending;
}

/**
 * @param counter takes the labels `agent` and `kind`.
 * @param estimate tokens of a text.
 */
export function createLedger(counter: Counter, estimate: (text: string) => number): Ledger {
  const agents = new Map<string, Account>();
  const make = (agent: string): Account => {
    const counted = (kind: Spent) => counter.of({ agent, kind });
    const made = {
      calls: 0,
      definitions: 0,
      results: 0,
      count: { definitions: counted('definitions'), results: counted('results') },
    };
    agents.set(agent, made);
    return made;
  };
  return {
    spend(agent, kind, text) {
      const spent = agents.get(agent) ?? make(agent);
      const tokens = roughTokens(text, estimate);
      spent.calls++;
      spent[kind] += tokens;
      spent.count[kind](tokens);
      return tokens;
    },
    of(agent) {
      const { calls, definitions, results } = agents.get(agent) ?? NOTHING;
      return { calls, definitions, results };
    },
  };
}

const NOTHING: Spending = { calls: 0, definitions: 0, results: 0 };

interface Account {
  calls: number;
  definitions: number;
  results: number;
  readonly count: Readonly<Record<Spent, (by: number) => void>>;
}

function roughTokens(text: string, estimate: (text: string) => number): number {
  if (text.length <= MAX_COUNTED) return estimate(text);
  return Math.round((estimate(text.slice(0, MAX_COUNTED)) * text.length) / MAX_COUNTED);
}
