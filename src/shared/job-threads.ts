/**
 * Runs jobs that may take long on threads of their own, so that nobody else waits for them. The threads are started by the first
 * job, kept warm, and ended when nothing came for a while. A job that does not end in time loses its thread.
 *
 * A thread bounds time, not memory: one that runs out of memory can take the process with it. So each job bounds what it makes, and
 * the limit of the heap is only there for what was overlooked.
 */
import { Worker } from 'node:worker_threads';
import { builtProgram, startedProgram } from './built-files.ts';
import { createDeferred, type Deferred } from './deferred.ts';
import { GatewayError } from './errors.ts';

const MAX_THREADS = 2;
/** Milliseconds after the last job. */
const IDLE_MS = 60_000;
/** Jobs of one owner that wait, besides the one that runs. */
const MAX_WAITING = 16;
/** MiB of a thread's heap. */
const MAX_HEAP = 512;

/** Text of the answer, or of the error, of a job. */
export type JobAnswer = { readonly done: unknown } | { readonly failed: string };

interface Waiting {
  readonly owner: string;
  readonly job: unknown;
  /** Milliseconds for it to run. */
  readonly limitMs: number;
  readonly answer: Deferred<unknown>;
}

interface Thread {
  readonly worker: Worker;
  running: Waiting | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** The job did not end in time, or its thread broke. */
export class JobLost extends Error {}

interface JobThreads {
  /**
   * Runs a job when a thread is free: those of one owner one after the other, the owners in turn.
   * @param limitMs milliseconds that it may run.
   * @throws JobLost, GatewayError RATE_LIMITED where too many jobs of its owner wait
   */
  run(owner: string, job: unknown, limitMs: number): Promise<unknown>;
}

/** @param script the program of a thread: it answers each message with a `JobAnswer`. */
export function createJobThreads(script: string, idleMs = IDLE_MS): JobThreads {
  const threads = new Set<Thread>();
  let waiting: Waiting[] = [];

  const end = (thread: Thread): void => {
    threads.delete(thread);
    clearTimeout(thread.timer);
    const { running } = thread;
    thread.running = undefined;
    running?.answer.reject(new JobLost());
    void thread.worker.terminate();
    next();
  };

  const start = (): Thread => {
    const worker = new Worker(startedProgram(script), {
      env: {},
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP, maxYoungGenerationSizeMb: 32 },
    });
    const thread: Thread = { worker, running: undefined, timer: undefined };
    worker.unref();
    worker.on('message', (answer: JobAnswer) => {
      const { running } = thread;
      thread.running = undefined;
      clearTimeout(thread.timer);
      thread.timer = setTimeout(() => end(thread), idleMs).unref();
      if ('done' in answer) running?.answer.resolve(answer.done);
      else running?.answer.reject(new Error(answer.failed));
      next();
    });
    worker.on('error', () => end(thread));
    worker.on('exit', () => end(thread));
    threads.add(thread);
    return thread;
  };

  const next = (): void => {
    const busy = new Set(Array.from(threads, ({ running }) => running?.owner));
    const at = waiting.findIndex(({ owner }) => !busy.has(owner));
    const chosen = waiting[at];
    if (chosen === undefined) return;
    let thread = [...threads].find(({ running }) => running === undefined);
    if (thread === undefined && threads.size < MAX_THREADS) thread = start();
    if (thread === undefined) return;
    // The others of this owner wait until everybody had a turn.
    const { owner } = chosen;
    const others = waiting.filter((each) => each !== chosen);
    waiting = [...others.filter((each) => each.owner !== owner), ...others.filter((each) => each.owner === owner)];
    begin(thread, chosen);
    next();
  };

  const begin = (thread: Thread, chosen: Waiting): void => {
    thread.running = chosen;
    clearTimeout(thread.timer);
    thread.timer = setTimeout(() => end(thread), chosen.limitMs);
    thread.worker.postMessage(chosen.job);
  };

  return {
    run(owner, job, limitMs) {
      if (waiting.filter((each) => each.owner === owner).length >= MAX_WAITING) {
        const message = 'Too many costly requests of this caller wait already: wait for their answers, then try again.';
        return Promise.reject(new GatewayError('RATE_LIMITED', message));
      }
      const answer = createDeferred<unknown>();
      waiting.push({ owner, job, limitMs, answer });
      next();
      return answer.promise;
    },
  };
}

let built: JobThreads | undefined;

/** The threads of this process; undefined where they are not built (tests of the sources). */
export function jobThreads(): JobThreads | undefined {
  const script = built === undefined ? builtProgram('jobs.js') : undefined;
  if (script !== undefined) built = createJobThreads(script);
  return built;
}
