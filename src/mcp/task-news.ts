/** News of the tasks of one client: each is what `tasks/get` says then, asked for under the rules and recorded like any other request. */
import type { CallOutcome } from '../pipeline/caller.ts';
import type { ResultBody } from '../protocol/era-codec.ts';

interface TaskNewsOptions {
  /** The state of a task, as its caller gets it. */
  readonly state: (id: string) => Promise<CallOutcome>;
  readonly tell: (state: ResultBody) => void;
}

export class TaskNews {
  readonly #options: TaskNewsOptions;
  /** Tasks that are asked about now, and whether they changed meanwhile. */
  readonly #asking = new Map<string, boolean>();

  constructor(options: TaskNewsOptions) {
    this.#options = options;
  }

  /** A task may be in another state. One question at a time, however often its server says so. @param id for its caller */
  changed(id: string): void {
    const isAsking = this.#asking.has(id);
    this.#asking.set(id, isAsking);
    if (!isAsking) void this.#ask(id);
  }

  async #ask(id: string): Promise<void> {
    do {
      this.#asking.set(id, false);
      const outcome = await this.#options.state(id);
      if (outcome.kind === 'result') this.#options.tell(outcome.body);
    } while (this.#asking.get(id) === true);
    this.#asking.delete(id);
  }
}
