/** One worker process, as the first process sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Logger } from '../observe/log.ts';
import { builtProgram, startedProgram } from '../shared/built-files.ts';
import { GatewayError } from '../shared/errors.ts';
import { IpcChannel } from './ipc-channel.ts';
import type { PrimaryApi, StartOrder, WorkerApi } from './ipc-messages.ts';

/** Milliseconds that a worker has to stop its servers once its calls are over. */
const STOP_MS = 15_000;

interface WorkerProcessOptions {
  readonly number: number;
  /** The requests that the worker may make. */
  readonly api: PrimaryApi;
  readonly log: Logger;
  /** A connection of a client that the worker did not get. */
  readonly returned: (socket: Socket, head: Uint8Array) => void;
  readonly exited: (
    worker: WorkerProcess,
    how: { readonly code: number | null; readonly signal: string | null },
  ) => void;
}

export class WorkerProcess {
  readonly number: number;
  readonly channel: IpcChannel<WorkerApi>;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;
  #hasStarted = false;

  /** Starts the program of a worker. @throws GatewayError INTERNAL where it is missing */
  constructor({ number, api, log, returned, exited }: WorkerProcessOptions) {
    const script = builtProgram('worker.js');
    if (script === undefined) {
      throw new GatewayError('INTERNAL', 'The program of the workers is missing: install again.');
    }
    this.number = number;
    const child = fork(startedProgram(script), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    const failed = (error: unknown): void => log.error({ err: error, worker: number }, 'a worker could not be served');
    this.channel = new IpcChannel<WorkerApi>(child, api, { failed, returned });
    this.exited = new Promise((resolve) => {
      child.once('error', failed);
      child.once('exit', (code, signal) => {
        // Node tells no end of a channel on which a connection was being sent.
        this.channel.end();
        resolve();
        exited(this, { code, signal });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** True once it has started, until it ends. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** It takes requests. */
  get isReady(): boolean {
    return this.#hasStarted && this.#child.connected;
  }

  /** Puts the gateway of the worker together. @throws GatewayError what kept it from starting; the process is gone then */
  async start(order: StartOrder): Promise<void> {
    try {
      await this.channel.ask('start', order);
    } catch (error) {
      this.kill();
      await this.exited;
      throw error;
    }
  }

  /** From now on it takes requests. */
  markReady(): void {
    this.#hasStarted = true;
  }

  /**
   * Waits for an answer of the worker.
   * @param late called after `ms` milliseconds; with its argument, nothing is waited for any more
   * @returns the answer in an array, or none where the worker ended
   */
  async answer<T>(asking: Promise<T>, ms: number, late: (giveUp: () => void) => void): Promise<readonly T[]> {
    let timer: NodeJS.Timeout | undefined;
    const none = new Promise<readonly T[]>((resolve) => {
      timer = setTimeout(() => late(() => resolve([])), ms);
      void this.exited.then(() => resolve([]));
    });
    try {
      return await Promise.race([none, asking.then((answer) => [answer])]);
    } catch (error) {
      // It ended, or never started, which its start tells.
      if (!this.isReady) return [];
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Lets running calls finish for `drainMs`, then ends the process. @param delayMs in which it takes calls before that */
  async stop(drainMs: number, delayMs: number): Promise<void> {
    const timer = setTimeout(() => this.kill(), delayMs + drainMs + STOP_MS);
    await this.channel.ask('stop', drainMs).catch(() => undefined);
    this.#hasStarted = false;
    if (this.#child.connected) this.#child.disconnect();
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
