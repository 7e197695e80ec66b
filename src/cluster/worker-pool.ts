/** The worker processes: started together, and replaced when they end. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Logger } from '../observe/log.ts';
import { builtProgram, startedProgram } from '../shared/built-files.ts';
import { GatewayError } from '../shared/errors.ts';
import { createBackoff } from '../upstream/pool/backoff.ts';
import { createIpcChannel, type IpcChannel } from './ipc-channel.ts';
import type { PrimaryApi, StartOrder, WorkerApi } from './ipc-messages.ts';
import type { SocketPairs } from './socket-pairs.ts';

/** Milliseconds that an answer is waited for which the others can do without. */
const ANSWER_MS = 10_000;
/** Milliseconds in which a worker must have done what all wait for; it is replaced otherwise. */
const PATIENCE_MS = 30_000;

/** Milliseconds that a worker has to stop its servers once its calls are over. */
const STOP_MS = 15_000;

export interface PoolWorker {
  readonly number: number;
  readonly line: IpcChannel<WorkerApi>;
  /** It takes requests. */
  readonly isReady: boolean;
}

export interface WorkerPoolOptions {
  readonly size: number;
  /** What the worker of this number starts with now. */
  readonly order: (number: number) => StartOrder;
  readonly pairs: SocketPairs;
  /** What a worker may ask; made anew for each process. */
  readonly api: (number: number) => PrimaryApi;
  /** A worker is gone, and with it all that it had asked for. */
  readonly ended: (number: number) => void;
  readonly log: Logger;
}

export interface WorkerPool {
  /** Starts all. @throws GatewayError what kept one from starting */
  start(): Promise<void>;
  /** Those that live, started or not. */
  members(): readonly PoolWorker[];
  ready(): readonly PoolWorker[];
  /** The worker of that number, where it is ready. */
  member(number: number): PoolWorker | undefined;
  /** Asks all that are ready; what does not come in time is left out. */
  all<T>(ask: (member: PoolWorker) => Promise<T>): Promise<readonly T[]>;
  /**
   * Has all do something, also those that are still starting; whoever has not done it in time is replaced.
   * @throws what one of them threw
   */
  everybody(ask: (member: PoolWorker) => Promise<void>): Promise<void>;
  /** Gives a connection to the worker of that number, or to the next in turn. */
  enter(socket: Socket, head: Uint8Array, number: number | undefined): void;
  /**
   * Connects a worker to another one, for the requests that it hands on; its end comes under the id.
   * @throws GatewayError SERVER_UNAVAILABLE where the other one is not there
   */
  reach(from: number, to: number, id: number): Promise<void>;
  /** Lets running calls finish for `drainMs`, then ends all. */
  stop(drainMs: number): Promise<void>;
  kill(): void;
}

interface Held extends PoolWorker {
  readonly child: ChildProcess;
  isReady: boolean;
  readonly exited: Promise<void>;
}

export function createWorkerPool({ size, order, pairs, api, ended, log }: WorkerPoolOptions): WorkerPool {
  const held = new Map<number, Held>();
  const backoffs = Array.from({ length: size }, () => createBackoff());
  let stopping = false;
  let turn = 0;

  /** Everybody learns who is there. */
  const introduce = (): void => {
    const there = ready();
    const numbers = there.map(({ number }) => number);
    for (const { line } of there) line.tell('others', numbers);
  };

  /** Lets one worker use the servers of the other. */
  const lend = async (lender: Held, remoteClient: Held): Promise<void> => {
    const [one, other] = await pairs.make();
    lender.line.handOver(one, { kind: 'lend' });
    remoteClient.line.handOver(other, { kind: 'borrow', from: lender.number });
  };

  const join = (one: Held, other: Held): void => {
    const failed = (error: unknown): void => {
      log.error({ err: error, workers: [one.number, other.number] }, 'two workers cannot be connected');
      // Its successor is connected anew.
      one.child.kill('SIGKILL');
    };
    Promise.all([lend(one, other), lend(other, one)]).catch(failed);
  };

  const launch = async (number: number): Promise<void> => {
    const script = builtProgram('worker.js');
    if (script === undefined)
      throw new GatewayError('INTERNAL', 'The program of the workers is missing: install again.');
    const start = backoffs[number]?.started(performance.now());
    const child = fork(startedProgram(script), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const failed = (error: unknown): void => log.error({ err: error, worker: number }, 'a worker could not be served');
    const exited = new Promise<void>((resolve) => {
      child.once('error', failed);
      child.once('exit', (code, signal) => {
        held.delete(number);
        // Node tells no end of a channel on which a connection was being sent.
        line.end();
        start?.ended(performance.now());
        ended(number);
        resolve();
        if (member.isReady && !stopping) {
          log.error({ worker: number, pid: child.pid, code, signal }, 'a worker ended and is replaced');
          introduce();
          replace(number);
        }
      });
    });
    const returned = (socket: Socket, head: Uint8Array): void => enter(socket, head, undefined);
    const line = createIpcChannel<WorkerApi>(child, api(number), { failed, returned });
    const member: Held = { number, child, line, isReady: false, exited };
    held.set(number, member);
    try {
      await line.ask('start', order(number));
    } catch (error) {
      child.kill('SIGKILL');
      await exited;
      throw error;
    }
    for (const other of ready()) join(member, other);
    member.isReady = true;
    introduce();
  };

  const replace = (number: number): void => {
    const again = (): void => {
      if (stopping) return;
      launch(number).then(
        () => log.info({ worker: number }, 'a worker was replaced'),
        (error: unknown) => {
          log.error({ err: error, worker: number }, 'a worker cannot be replaced; this is tried again');
          replace(number);
        },
      );
    };
    setTimeout(again, backoffs[number]?.waitMs(performance.now()) ?? 0);
  };

  const ready = (): readonly Held[] => [...held.values()].filter(({ isReady, child }) => isReady && child.connected);

  const enter = (socket: Socket, head: Uint8Array, number: number | undefined): void => {
    const able = ready();
    const chosen = able.find((member) => member.number === number) ?? able[turn++ % Math.max(1, able.length)];
    if (chosen === undefined) socket.destroy();
    else chosen.line.handOver(socket, { kind: 'client', head });
  };

  /** @returns the answer in an array, or none where the worker ended. @param late called where it takes too long */
  const answered = async <T>(
    member: Held,
    ask: (member: PoolWorker) => Promise<T>,
    ms: number,
    late: (nothing: () => void) => void,
  ): Promise<readonly T[]> => {
    let timer: NodeJS.Timeout | undefined;
    const none = new Promise<readonly T[]>((resolve) => {
      timer = setTimeout(() => late(() => resolve([])), ms);
      void member.exited.then(() => resolve([]));
    });
    try {
      return await Promise.race([none, ask(member).then((answer) => [answer])]);
    } catch (error) {
      // It ended, or never started, which its start tells.
      if (!member.child.connected || !member.isReady) return [];
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };

  const end = (member: Held): void => {
    log.error({ worker: member.number }, 'a worker does not answer and is replaced');
    member.child.kill('SIGKILL');
  };

  return {
    async start() {
      const starts = await Promise.allSettled(Array.from({ length: size }, (_, number) => launch(number)));
      const failed = starts.find((start) => start.status === 'rejected');
      if (failed === undefined) return;
      stopping = true;
      for (const { child } of held.values()) child.kill('SIGKILL');
      throw failed.reason;
    },
    members: () => [...held.values()],
    ready,
    member: (number) => ready().find((member) => member.number === number),
    async all(ask) {
      const answers = ready().map((member) => answered(member, ask, ANSWER_MS, (nothing) => nothing()));
      return (await Promise.all(answers)).flat();
    },
    async everybody(ask) {
      await Promise.all([...held.values()].map((member) => answered(member, ask, PATIENCE_MS, () => end(member))));
    },
    enter,
    async reach(from, to, id) {
      const absent = (): GatewayError => new GatewayError('SERVER_UNAVAILABLE', 'That worker is not there. Try again.');
      if (!ready().some(({ number }) => number === to)) throw absent();
      const [one, other] = await pairs.make();
      const target = ready().find(({ number }) => number === to);
      const taken = await new Promise<boolean>((resolve) => {
        if (target === undefined) one.destroy();
        if (target === undefined) resolve(false);
        else target.line.handOver(one, { kind: 'handed on' }, resolve);
      });
      const asker = held.get(from);
      if (!taken || asker === undefined) {
        other.destroy();
        throw absent();
      }
      asker.line.handOver(other, { kind: 'reached', id });
    },
    async stop(drainMs) {
      stopping = true;
      const work = [...held.values()].map(async (member) => {
        const { line, child, exited } = member;
        const timer = setTimeout(() => child.kill('SIGKILL'), drainMs + STOP_MS);
        await line.ask('stop', drainMs).catch(() => undefined);
        member.isReady = false;
        if (child.connected) child.disconnect();
        await exited;
        clearTimeout(timer);
      });
      await Promise.all(work);
    },
    kill() {
      stopping = true;
      for (const { child } of held.values()) child.kill('SIGKILL');
    },
  };
}
