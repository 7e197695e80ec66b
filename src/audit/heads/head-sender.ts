/** Sends the head of a chain away, again and again, and whenever the log is rotated. Nobody waits for it but the end. */
import type { HeadTarget } from './head-targets.ts';
import type { ChainHead } from './signed-head.ts';

export interface HeadSenderOptions {
  /** The last record of this process; undefined where there is none. */
  readonly head: () => ChainHead | undefined;
  readonly sign: (writers: readonly ChainHead[]) => string;
  readonly targets: readonly HeadTarget[];
  /** Milliseconds. */
  readonly everyMs: number;
  /** Told when a place does not take one, and when it does again. */
  readonly onFailure: (target: string, error: unknown) => void;
  readonly onRecovery: (target: string) => void;
}

/** Milliseconds for the last one, when the gateway stops. */
const LAST_MS = 3_000;

export class HeadSender {
  readonly #options: HeadSenderOptions;
  readonly #timer: NodeJS.Timeout;
  /** By target, the record up to which it has heads. */
  readonly #sent = new Map<string, number>();
  readonly #failing = new Set<string>();
  #sending: Promise<void> = Promise.resolve();

  constructor(options: HeadSenderOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.send(), options.everyMs).unref();
  }

  /** Sends what the places do not have yet, one after the other. Never rejects. */
  send(): Promise<void> {
    this.#sending = this.#sending.then(() => this.#sendNow());
    return this.#sending;
  }

  /** The last head. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.race([this.send(), new Promise((resolve) => setTimeout(resolve, LAST_MS).unref())]);
  }

  async #sendNow(): Promise<void> {
    const { head, sign, targets } = this.#options;
    const last = head();
    if (last === undefined) return;
    const behind = targets.filter(({ name }) => this.#sent.get(name) !== last.seq);
    if (behind.length === 0) return;
    const line = sign([last]);
    await Promise.all(behind.map((target) => this.#sendTo(target, line, last.seq)));
  }

  async #sendTo(target: HeadTarget, line: string, seq: number): Promise<void> {
    const { name } = target;
    try {
      await target.send(line);
      this.#sent.set(name, seq);
      if (this.#failing.delete(name)) this.#options.onRecovery(name);
    } catch (error) {
      if (!this.#failing.has(name)) this.#options.onFailure(name, error);
      this.#failing.add(name);
    }
  }
}
