/** The worker processes: started together, and replaced when they end. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { createBackoff } from '../downstream/backoff.ts';
import type { Logger } from '../observe/log.ts';
import { builtProgram } from '../shared/built.ts';
import { GatewayError } from '../shared/errors.ts';
import { createLine, type Line } from './line.ts';
import type { Paths, PrimaryApi, StartOrder, WorkerApi } from './messages.ts';

/** Milliseconds that an answer is waited for which the others can do without. */
const ANSWER_MS = 10_000;
/** Milliseconds in which a worker must have done what all wait for; it is replaced otherwise. */
const PATIENCE_MS = 30_000;

/** Milliseconds that a worker has to stop its servers once its calls are over. */
const STOP_MS = 15_000;

export interface Member {
  readonly number: number;
  readonly line: Line<WorkerApi>;
  /** It takes requests. */
  readonly isReady: boolean;
}

export interface CrewOptions {
  readonly size: number;
  /** What the worker of this number starts with now; `generation` counts its starts. */
  readonly order: (number: number, generation: number) => StartOrder;
  /** What a worker may ask; made anew for each process. */
  readonly api: (number: number) => PrimaryApi;
  /** A worker is gone, and with it all that it had asked for. */
  readonly ended: (number: number) => void;
  readonly log: Logger;
}

export interface Crew {
  /** Starts all. @throws GatewayError what kept one from starting */
  start(): Promise<void>;
  /** Those that live, started or not. */
  members(): readonly Member[];
  ready(): readonly Member[];
  /** The worker of that number, where it is ready. */
  member(number: number): Member | undefined;
  /** Asks all that are ready; what does not come in time is left out. */
  all<T>(ask: (member: Member) => Promise<T>): Promise<readonly T[]>;
  /**
   * Has all do something, also those that are still starting; whoever has not done it in time is replaced.
   * @throws what one of them threw
   */
  everybody(ask: (member: Member) => Promise<void>): Promise<void>;
  /** Gives a connection to the worker of that number, or to the next in turn. */
  enter(socket: Socket, head: Buffer, number: number | undefined): void;
  /** Lets running calls finish for `drainMs`, then ends all. */
  stop(drainMs: number): Promise<void>;
  kill(): void;
}

interface Held extends Member {
  readonly child: ChildProcess;
  isReady: boolean;
  readonly exited: Promise<void>;
  readonly paths: Paths;
}

export function createCrew({ size, order, api, ended, log }: CrewOptions): Crew {
  const held = new Map<number, Held>();
  const backoffs = Array.from({ length: size }, () => createBackoff());
  const generations = Array.from({ length: size }, () => 0);
  let stopping = false;
  let turn = 0;

  /** Everybody learns where everybody is. */
  const introduce = (): void => {
    const paths = Array.from({ length: size }, (_, number) => {
      const member = held.get(number);
      return member?.isReady === true ? member.paths : undefined;
    });
    for (const { line, isReady } of held.values()) if (isReady) line.tell('others', paths);
  };

  const launch = async (number: number): Promise<void> => {
    const script = builtProgram('worker.js');
    if (script === undefined)
      throw new GatewayError('INTERNAL', 'The program of the workers is missing: install again.');
    const generation = (generations[number] ?? 0) + 1;
    generations[number] = generation;
    const start = backoffs[number]?.started(Date.now());
    const child = fork(script, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const failed = (error: unknown): void => log.error({ err: error, worker: number }, 'a worker could not be served');
    const made = order(number, generation);
    const exited = new Promise<void>((resolve) => {
      child.once('error', failed);
      child.once('exit', (code, signal) => {
        held.delete(number);
        // Node tells no end of a channel on which a connection was being sent.
        line.end();
        start?.ended(Date.now());
        ended(number);
        resolve();
        if (member.isReady && !stopping) {
          log.error({ worker: number, pid: child.pid, code, signal }, 'a worker ended and is replaced');
          introduce();
          replace(number);
        }
      });
    });
    const returned = (socket: Socket, head: Buffer): void => enter(socket, head, undefined);
    const line = createLine<WorkerApi>(child, api(number), { failed, returned });
    const member: Held = { number, child, line, isReady: false, exited, paths: made.paths };
    held.set(number, member);
    try {
      await line.ask('start', made);
    } catch (error) {
      child.kill('SIGKILL');
      await exited;
      throw error;
    }
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
    setTimeout(again, backoffs[number]?.waitMs(Date.now()) ?? 0);
  };

  const ready = (): readonly Held[] => [...held.values()].filter(({ isReady, child }) => isReady && child.connected);

  const enter = (socket: Socket, head: Buffer, number: number | undefined): void => {
    const able = ready();
    const chosen = able.find((member) => member.number === number) ?? able[turn++ % Math.max(1, able.length)];
    if (chosen === undefined) socket.destroy();
    else chosen.line.handOver(socket, head);
  };

  /** @returns the answer in an array, or none where the worker ended. @param late called where it takes too long */
  const answered = async <T>(
    member: Held,
    ask: (member: Member) => Promise<T>,
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
