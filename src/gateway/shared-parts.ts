/** The parts of the path of calls that several gateways have in common at their store. Loaded where there is one. */
import type { Questions } from '../approvals/questions.ts';
import { StoreQuestions } from '../approvals/store-questions.ts';
import type { Settings } from '../config/settings.ts';
import { stateKeysFor } from '../config/state-keys.ts';
import type { LabelPlace } from '../pipeline/flow/label-files.ts';
import { StoreLabels } from '../pipeline/flow/store-labels.ts';
import type { Limiter } from '../pipeline/rate-limits.ts';
import { StoreLimiter } from '../pipeline/store-limiter.ts';
import type { BudgetLedger } from '../pipeline/watches/budgets.ts';
import { StoreBudgets } from '../pipeline/watches/store-budgets.ts';
import type { SharedStore } from '../store/shared-store.ts';

export interface SharedParts {
  readonly limiter: Limiter;
  readonly budgets: BudgetLedger;
  readonly questions: Questions;
  readonly labels: LabelPlace;
}

export function sharedParts(store: SharedStore, settings: Settings): SharedParts {
  const keys = stateKeysFor(settings, 'store');
  return {
    limiter: new StoreLimiter(store),
    budgets: new StoreBudgets(store),
    questions: new StoreQuestions(store, keys),
    labels: new StoreLabels(store, keys),
  };
}
