/** The answers that are kept, of calls of tools and of resources. Loaded once, when one may be. */
import type { ByteBudget } from '../../shared/byte-budget.ts';
import { KeptCall, type KeptCallOptions } from './kept-call.ts';
import { KeptRead, type KeptReadOptions } from './kept-read.ts';
import { KeptResults } from './kept-results.ts';

export class Keeping {
  readonly #store: KeptResults;

  constructor(budget: ByteBudget) {
    this.#store = new KeptResults(budget);
  }

  call(options: KeptCallOptions): KeptCall {
    return new KeptCall(this.#store, options);
  }

  read(options: KeptReadOptions): KeptRead {
    return new KeptRead(this.#store, options);
  }
}
