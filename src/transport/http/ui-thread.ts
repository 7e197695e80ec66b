/**
 * The thread that answers what the page of a gateway asks for. It reads logs and draws rules, which may take long, so calls do not wait
 * for it. It is started by the first request, and ended when nobody looked for a while.
 */
import { Worker } from 'node:worker_threads';
import type { Settings } from '../../config/settings.ts';
import { builtProgram, startedProgram } from '../../shared/built-files.ts';
import { createDeferred, type Deferred } from '../../shared/deferred.ts';
import { failure, type PageRequest, type Told } from './ui-page.ts';

/** The beginning of a thread. */
export interface UiThreadData {
  readonly settings: Settings;
  /** Path of the control socket of this gateway. */
  readonly socket: string;
}

export type ToUiThread =
  | { readonly id: number; readonly ask: PageRequest }
  /** Work under this id is not wanted any more. */
  | { readonly id: number; readonly end: true };

/** An answer; a beginning of what goes on; or something that happens then. */
export type FromUiThread =
  | { readonly id: number; readonly status: number; readonly text: string }
  | { readonly id: number; readonly follows: true }
  | { readonly id: number; readonly value: object };

/** Whoever follows something. */
interface Follower {
  readonly send: (value: object) => boolean;
  /** Nothing more comes. */
  readonly over: () => void;
}

/** Milliseconds without a request, and without anybody who follows something. */
const IDLE_MS = 300_000;
/** MiB of its heap. */
const MAX_HEAP = 1024;

export class UiThread {
  readonly #startThread: () => Worker;
  readonly #asked = new Map<number, Deferred<Told>>();
  /** The followed requests: whoever is told, or what happened before there was anybody. */
  readonly #followed = new Map<number, Follower | object[]>();
  #worker: Worker | undefined;
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param start starts the thread; by default the one of the build */
  constructor(data: UiThreadData, start: () => Worker = () => startThread(data)) {
    this.#startThread = start;
  }

  ask(ask: PageRequest): Promise<Told> {
    const id = this.#next++;
    const answer = createDeferred<Told>();
    this.#asked.set(id, answer);
    this.#worker ??= this.#start();
    this.#post({ id, ask });
    return answer.promise;
  }

  close(): void {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }

  #start(): Worker {
    const worker = this.#startThread();
    worker.unref();
    worker.on('message', (message: FromUiThread) => this.#heard(message));
    const ended = (): void => {
      if (this.#worker === worker) this.#lost();
    };
    worker.on('error', ended);
    worker.on('exit', ended);
    return worker;
  }

  #heard(message: FromUiThread): void {
    const { id } = message;
    if ('value' in message) {
      const followed = this.#followed.get(id);
      if (Array.isArray(followed)) followed.push(message.value);
      else followed?.send(message.value);
      return;
    }
    const answer = this.#asked.get(id);
    this.#asked.delete(id);
    if ('follows' in message) {
      this.#followed.set(id, []);
      answer?.resolve({ follow: (send, over) => this.#follow(id, { send, over }) });
    } else answer?.resolve({ status: message.status, text: message.text });
    this.#rest();
  }

  #follow(id: number, follower: Follower): () => void {
    const early = this.#followed.get(id);
    // The thread may be lost by now.
    if (early === undefined) follower.over();
    else this.#followed.set(id, follower);
    if (Array.isArray(early)) for (const value of early) follower.send(value);
    return () => {
      this.#followed.delete(id);
      this.#post({ id, end: true });
      this.#rest();
    };
  }

  #post(message: ToUiThread): void {
    this.#worker?.postMessage(message);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#asked.size > 0 || this.#followed.size > 0) return;
    this.#timer = setTimeout(() => this.close(), IDLE_MS).unref();
  }

  #lost(): void {
    this.#worker = undefined;
    for (const follower of this.#followed.values()) if (!Array.isArray(follower)) follower.over();
    this.#followed.clear();
    for (const answer of this.#asked.values()) answer.resolve(failure(500, 'The page lost its thread: look again.'));
    this.#asked.clear();
  }
}

function startThread(data: UiThreadData): Worker {
  return new Worker(startedProgram(builtProgram('ui.js') ?? 'ui.js'), {
    workerData: data,
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP },
  });
}
