/**
 * The threads in which programs of agents run: one program in each. They are started when they are needed, one is kept warm for a
 * while, and one that does not answer is ended. Those of one owner have at most half of them, and the owners their turn.
 */
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { ProgramLimits } from '../../config/snapshot.ts';
import { builtProgram, startedProgram } from '../../shared/built-files.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { createDeferred, type Deferred } from '../../shared/deferred.ts';
import { GatewayError } from '../../shared/errors.ts';
import {
  type Asked,
  type Ended,
  type FromThread,
  monotonicMs,
  SEEN,
  SIGNS_BYTES,
  STOP,
  type ToThread,
} from './thread-messages.ts';

const MAX_THREADS = 16;
const MAX_OF_OWNER = 8;
/** Programs of one owner that wait for a thread. */
const MAX_WAITING = 16;
/** Threads that are kept without a program, and milliseconds for which they are. */
const WARM = 2;
const IDLE_MS = 300_000;
/** Milliseconds of silence after which a program that computes is ended with its thread; and after it was told to stop. */
const SILENT_MS = 3_000;
const STOP_MS = 40;
const LOOK_MS = 250;
/** MiB of the stack of a thread: QuickJS bounds its own, and needs a multiple of it. */
const STACK_MB = 8;
/** MiB of a thread's heap; sandboxes are not in it. */
const HEAP_MB = 256;
/** The owner of threads that have no sandbox yet. */
const STARTING = '';

/** What a program asks of the gateway while it runs. */
type OnAsked = (what: Asked, id: number, text: string) => void;

/** A program that runs. */
export interface RunningProgram {
  readonly over: Promise<Ended>;
  settle(id: number, isResult: boolean, text: string): void;
  /** Ends it, whatever it does. */
  stop(): void;
}

interface Thread {
  readonly worker: Worker;
  running: { readonly over: Deferred<Ended>; readonly onAsked: OnAsked; readonly signs: Int32Array } | undefined;
  owner: string | undefined;
  look: NodeJS.Timeout | undefined;
  idle: NodeJS.Timeout | undefined;
}

interface Waiting {
  readonly owner: string;
  readonly thread: Deferred<Thread>;
}

/** A program that was ended with its thread. */
const LOST: Ended = {
  failure: { name: 'InternalError', message: 'interrupted' },
  logged: '',
  calls: 0,
};

export class ProgramThreads {
  readonly #script: string;
  readonly #module: () => Promise<WebAssembly.Module>;
  readonly #threads = new Set<Thread>();
  #waiting: Waiting[] = [];

  /** @param script the program of a thread. @param wasm QuickJS, beside it */
  constructor(script: string, wasm: string) {
    this.#script = script;
    let compiled: Promise<WebAssembly.Module> | undefined;
    this.#module = () => (compiled ??= readFile(startedProgram(wasm)).then((bytes) => WebAssembly.compile(bytes)));
  }

  /**
   * Begins a program when a thread is free.
   * @param signal for whoever does not want to wait for that any more
   * @throws GatewayError RATE_LIMITED where too many programs of its owner wait; the reason of the signal
   */
  async start(
    owner: string,
    code: string,
    limits: ProgramLimits,
    onAsked: OnAsked,
    signal?: CancelSignal,
  ): Promise<RunningProgram> {
    const thread = await this.#take(owner, signal);
    const over = createDeferred<Ended>();
    const signs = new SharedArrayBuffer(SIGNS_BYTES);
    const running = { over, onAsked, signs: new Int32Array(signs) };
    thread.running = running;
    thread.worker.ref();
    thread.look = setInterval(() => this.#watch(thread), LOOK_MS);
    post(thread, { kind: 'start', code, limits, signs });
    return {
      over: over.promise,
      settle: (id, isResult, text) => {
        if (thread.running === running) post(thread, { kind: 'settle', id, isResult, text });
      },
      stop: () => {
        if (thread.running !== running) return;
        Atomics.store(running.signs, STOP, 1);
        setTimeout(() => {
          if (thread.running === running) this.#end(thread);
        }, STOP_MS);
      },
    };
  }

  get size(): number {
    return this.#threads.size;
  }

  /** Has a thread ready for the first program, if there is none. */
  warm(): void {
    if (this.#threads.size === 0) void this.#open();
  }

  async #take(owner: string, signal: CancelSignal | undefined): Promise<Thread> {
    if (signal?.aborted === true) throw signal.reason;
    if (this.#waiting.filter((each) => each.owner === owner).length >= MAX_WAITING) {
      const message = 'Too many programs of this caller run or wait already: wait for their results, then try again.';
      throw new GatewayError('RATE_LIMITED', message);
    }
    const waits: Waiting = { owner, thread: createDeferred() };
    const abort = (): void => {
      this.#waiting = this.#waiting.filter((each) => each !== waits);
      waits.thread.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#waiting.push(waits);
    this.#next();
    try {
      return await waits.thread.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Gives the next program its thread, where there is one for it. */
  #next(): void {
    const chosen = this.#waiting.find(({ owner }) => this.#countOf(owner) < MAX_OF_OWNER);
    if (chosen === undefined) return;
    const free = [...this.#threads].find(({ owner }) => owner === undefined);
    if (free === undefined) {
      if (this.#threads.size < MAX_THREADS && this.#countOf(STARTING) < this.#waiting.length) void this.#open();
      return;
    }
    clearTimeout(free.idle);
    free.owner = chosen.owner;
    const others = this.#waiting.filter((each) => each !== chosen);
    // The others of this owner wait until everybody had a turn.
    const own = others.filter(({ owner }) => owner === chosen.owner);
    this.#waiting = [...others.filter(({ owner }) => owner !== chosen.owner), ...own];
    chosen.thread.resolve(free);
    this.#next();
  }

  #countOf(owner: string): number {
    let count = 0;
    for (const thread of this.#threads) if (thread.owner === owner) count++;
    return count;
  }

  /** The thread starts while QuickJS is compiled; it is free when it says so. */
  async #open(): Promise<void> {
    const thread = this.#begin();
    try {
      post(thread, { kind: 'engine', module: await this.#module() });
    } catch (error) {
      this.#end(thread);
      for (const { thread: waits } of this.#waiting) waits.reject(error);
      this.#waiting = [];
    }
  }

  #begin(): Thread {
    const worker = new Worker(startedProgram(this.#script), {
      env: {},
      execArgv: [],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 16, stackSizeMb: STACK_MB },
    });
    const thread: Thread = { worker, running: undefined, owner: STARTING, look: undefined, idle: undefined };
    worker.unref();
    worker.on('message', (message: FromThread) => this.#heard(thread, message));
    worker.on('error', () => this.#end(thread));
    worker.on('exit', () => this.#end(thread));
    this.#threads.add(thread);
    return thread;
  }

  #heard(thread: Thread, message: FromThread): void {
    if (message.kind === 'asked') thread.running?.onAsked(message.what, message.id, message.text);
    else if (message.kind === 'over') this.#over(thread, message.ended);
    else this.#free(thread);
  }

  #over(thread: Thread, ended: Ended): void {
    clearInterval(thread.look);
    const { running } = thread;
    thread.running = undefined;
    thread.worker.unref();
    running?.over.resolve(ended);
    // While this one makes its next sandbox, another one has its own already.
    if (running !== undefined && this.#threads.size < WARM) void this.#open();
  }

  /** It has a sandbox for the next program. */
  #free(thread: Thread): void {
    thread.owner = undefined;
    const idle = [...this.#threads].filter(({ owner }) => owner === undefined).length;
    if (idle > WARM && this.#waiting.length === 0) {
      this.#end(thread);
      return;
    }
    thread.idle = setTimeout(() => this.#end(thread), IDLE_MS).unref();
    this.#next();
  }

  /** A program that computes asks often whether it should stop, except in what QuickJS does at a stretch. */
  #watch(thread: Thread): void {
    const { running } = thread;
    const seen = running === undefined ? 0 : Atomics.load(running.signs, SEEN);
    if (seen !== 0 && monotonicMs() - seen > SILENT_MS) this.#end(thread);
  }

  #end(thread: Thread): void {
    if (!this.#threads.delete(thread)) return;
    clearTimeout(thread.idle);
    void thread.worker.terminate();
    this.#over(thread, LOST);
    this.#next();
  }
}

function post(thread: Thread, message: ToThread): void {
  thread.worker.postMessage(message);
}

let ofProcess: ProgramThreads | undefined;

/** The threads of this process. @throws GatewayError INTERNAL where they are not built (tests of the sources) */
export function programThreads(): ProgramThreads {
  const script = builtProgram('code.js');
  const wasm = builtProgram('quickjs.wasm');
  if (script === undefined || wasm === undefined) {
    throw new GatewayError('INTERNAL', 'The threads for programs are not built: npm run build.');
  }
  ofProcess ??= new ProgramThreads(script, wasm);
  return ofProcess;
}
