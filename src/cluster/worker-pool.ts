/** The worker processes: started together, and replaced when they end. */
import type { Socket } from 'node:net';
import type { Logger } from '../observe/log.ts';
import { GatewayError } from '../shared/errors.ts';
import { createBackoff } from '../upstream/pool/backoff.ts';
import type { PrimaryApi, StartOrder } from './ipc-messages.ts';
import type { SocketPairs } from './socket-pairs.ts';
import { WorkerProcess } from './worker-process.ts';

/** Milliseconds that an answer is waited for which the others can do without. */
const ANSWER_MS = 10_000;
/** Milliseconds in which a worker must have done what all wait for; it is replaced otherwise. */
const PATIENCE_MS = 30_000;

/** A worker as others see it. */
export type PoolWorker = Pick<WorkerProcess, 'number' | 'channel' | 'isReady'>;

interface WorkerPoolOptions {
  readonly size: number;
  /** The order that the worker of this number starts with now. */
  readonly order: (number: number) => StartOrder;
  readonly pairs: SocketPairs;
  /** The requests that a worker may make; made anew for each process. */
  readonly api: (number: number) => PrimaryApi;
  /** A worker is gone, and with it all that it had asked for. */
  readonly ended: (number: number) => void;
  readonly log: Logger;
}

export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #backoffs;
  #isStopping = false;
  /** Counts connections, so that each worker gets its turn. */
  #connections = 0;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#backoffs = Array.from({ length: options.size }, () => createBackoff());
  }

  /** Starts all. @throws GatewayError what kept one from starting */
  async start(): Promise<void> {
    const { size } = this.#options;
    const starts = await Promise.allSettled(Array.from({ length: size }, (_, number) => this.#launch(number)));
    const failure = starts.find((start) => start.status === 'rejected');
    if (failure === undefined) return;
    this.kill();
    throw failure.reason;
  }

  /** Those that live, started or not. */
  members(): readonly PoolWorker[] {
    return [...this.#workers.values()];
  }

  ready(): readonly WorkerProcess[] {
    return [...this.#workers.values()].filter(({ isReady }) => isReady);
  }

  /** The worker of that number, where it is ready. */
  member(number: number): PoolWorker | undefined {
    return this.ready().find((worker) => worker.number === number);
  }

  /** Asks all that are ready; what does not come in time is left out. */
  async all<T>(ask: (worker: PoolWorker) => Promise<T>): Promise<readonly T[]> {
    const answers = this.ready().map((worker) => worker.answer(ask(worker), ANSWER_MS, (giveUp) => giveUp()));
    return (await Promise.all(answers)).flat();
  }

  /**
   * Has all do something, also those that are still starting; whoever has not done it in time is replaced.
   * @throws what one of them threw
   */
  async everybody(ask: (worker: PoolWorker) => Promise<void>): Promise<void> {
    await Promise.all(
      [...this.#workers.values()].map((worker) => worker.answer(ask(worker), PATIENCE_MS, () => this.#end(worker))),
    );
  }

  /** The same for what is decided already: whoever cannot do it is replaced, since its successor begins with that. Never rejects. */
  async everybodyOrSuccessor(ask: (worker: PoolWorker) => Promise<void>): Promise<void> {
    await Promise.all(
      [...this.#workers.values()].map((worker) => {
        const asking = ask(worker).catch((error: unknown) => this.#end(worker, error));
        return worker.answer(asking, PATIENCE_MS, () => this.#end(worker));
      }),
    );
  }

  /** Gives a connection to the worker of that number, or to the next in turn. */
  enter(socket: Socket, head: Uint8Array, number: number | undefined): void {
    const ready = this.ready();
    const inTurn = ready[this.#connections++ % Math.max(1, ready.length)];
    const chosen = ready.find((worker) => worker.number === number) ?? inTurn;
    if (chosen === undefined) socket.destroy();
    else chosen.channel.handOver(socket, { kind: 'client', head });
  }

  /**
   * Connects a worker to another one, for the requests that it hands on; its end comes under the id.
   * @throws GatewayError SERVER_UNAVAILABLE where the other one is not there
   */
  async reach(from: number, to: number, id: number): Promise<void> {
    const absent = (): GatewayError => new GatewayError('SERVER_UNAVAILABLE', 'That worker is not running. Try again.');
    if (this.member(to) === undefined) throw absent();
    const [one, other] = await this.#options.pairs.make();
    const target = this.member(to);
    const hasArrived = await new Promise<boolean>((resolve) => {
      if (target === undefined) {
        one.destroy();
        resolve(false);
      } else target.channel.handOver(one, { kind: 'handed on' }, resolve);
    });
    const asker = this.#workers.get(from);
    if (!hasArrived || asker === undefined) {
      other.destroy();
      throw absent();
    }
    asker.channel.handOver(other, { kind: 'reached', id });
  }

  /** Lets running calls finish for `drainMs`, then ends all. @param delayMs in which they take calls before that */
  async stop(drainMs: number, delayMs: number): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop(drainMs, delayMs)));
  }

  kill(): void {
    this.#isStopping = true;
    for (const worker of this.#workers.values()) worker.kill();
  }

  async #launch(number: number): Promise<void> {
    const { api, log, order, ended } = this.#options;
    const start = this.#backoffs[number]?.started(performance.now());
    const worker = new WorkerProcess({
      number,
      api: api(number),
      log,
      returned: (socket, head) => this.enter(socket, head, undefined),
      exited: ({ hasStarted, pid }, how) => {
        this.#workers.delete(number);
        start?.ended(performance.now());
        ended(number);
        if (!hasStarted || this.#isStopping) return;
        log.error({ worker: number, pid, ...how }, 'a worker ended and is replaced');
        this.#introduce();
        this.#replace(number);
      },
    });
    this.#workers.set(number, worker);
    await worker.start(order(number));
    for (const other of this.ready()) this.#join(worker, other);
    worker.markReady();
    this.#introduce();
  }

  #replace(number: number): void {
    const { log } = this.#options;
    const launchAgain = (): void => {
      if (this.#isStopping) return;
      this.#launch(number).then(
        () => log.info({ worker: number }, 'a worker was replaced'),
        (error: unknown) => {
          log.error({ err: error, worker: number }, 'a worker cannot be replaced; this is tried again');
          this.#replace(number);
        },
      );
    };
    setTimeout(launchAgain, this.#backoffs[number]?.waitMs(performance.now()) ?? 0);
  }

  /** Tells everybody who is there. */
  #introduce(): void {
    const ready = this.ready();
    const numbers = ready.map(({ number }) => number);
    for (const { channel } of ready) channel.tell('others', numbers);
  }

  /** Lets two workers use each other's servers. */
  #join(one: WorkerProcess, other: WorkerProcess): void {
    Promise.all([this.#lend(one, other), this.#lend(other, one)]).catch((error: unknown) => {
      this.#options.log.error({ err: error, workers: [one.number, other.number] }, 'two workers cannot be connected');
      // Its successor is connected anew.
      one.kill();
    });
  }

  async #lend(lender: WorkerProcess, borrower: WorkerProcess): Promise<void> {
    const [one, other] = await this.#options.pairs.make();
    lender.channel.handOver(one, { kind: 'lend' });
    borrower.channel.handOver(other, { kind: 'borrow', from: lender.number });
  }

  /** @param error undefined where it says nothing */
  #end(worker: WorkerProcess, error?: unknown): void {
    const what = error === undefined ? 'a worker does not answer and is replaced' : 'a worker failed and is replaced';
    this.#options.log.error({ worker: worker.number, err: error }, what);
    worker.kill();
  }
}
