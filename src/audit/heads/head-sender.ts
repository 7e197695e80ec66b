/** Sends the head of a chain away, again and again, and whenever the log is rotated. Nobody waits for it but the end. */

import { GatewayError } from '../../shared/errors.ts';
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
  /** Milliseconds after which a place counts as one that does not take it; default 15 s. */
  readonly slowMs?: number;
}

/** Milliseconds for the last one, when the gateway stops. */
const LAST_MS = 3_000;
const SLOW_MS = 15_000;

export class HeadSender {
  readonly #timer: NodeJS.Timeout;
  readonly #lanes: readonly Lane[];

  constructor(options: HeadSenderOptions) {
    this.#timer = setInterval(() => void this.send(), options.everyMs).unref();
    this.#lanes = options.targets.map((target) => new Lane(target, options));
  }

  /** Sends what the places do not have yet. Never rejects. */
  async send(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.send()));
  }

  /** The last head. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.race([this.send(), new Promise((resolve) => setTimeout(resolve, LAST_MS).unref())]);
  }
}

/** The heads for one place, one after the other. A place that is stuck holds up no other, and is not asked again before it is done. */
class Lane {
  readonly #target: HeadTarget;
  readonly #options: HeadSenderOptions;
  /** The record up to which the place has heads. */
  #sent = 0;
  #isFailing = false;
  #sending: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(target: HeadTarget, options: HeadSenderOptions) {
    this.#target = target;
    this.#options = options;
  }

  send(): Promise<void> {
    if (this.#sending === undefined) {
      this.#sending = this.#sendNow().finally(() => {
        this.#sending = undefined;
      });
      return this.#sending;
    }
    this.#next ??= this.#sending.then(() => {
      this.#next = undefined;
      return this.send();
    });
    return this.#next;
  }

  async #sendNow(): Promise<void> {
    const { head, sign, slowMs = SLOW_MS } = this.#options;
    const last = head();
    if (last === undefined || last.seq === this.#sent) return;
    const slow = setTimeout(() => this.#failed(new GatewayError('TIMEOUT', 'It takes too long.')), slowMs).unref();
    try {
      await this.#target.send(sign([last]));
      this.#sent = last.seq;
      if (this.#isFailing) this.#options.onRecovery(this.#target.name);
      this.#isFailing = false;
    } catch (error) {
      this.#failed(error);
    } finally {
      clearTimeout(slow);
    }
  }

  #failed(error: unknown): void {
    if (!this.#isFailing) this.#options.onFailure(this.#target.name, error);
    this.#isFailing = true;
  }
}
