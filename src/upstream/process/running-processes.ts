/** The processes of this gateway: their markers, and those whose tree is not known to be gone, which the guardian watches, too. */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import type { Log } from '../contract.ts';
import { createGuardian, type Guardian } from './guardian.ts';
import type { ServerProcess } from './server-process.ts';

interface RunningProcessesOptions {
  /** Value that the markers begin with, up to a full stop; random by default. */
  readonly gatewayId?: string | undefined;
  /** Program of the guardian; undefined for no guardian. */
  readonly guardianScript: string | undefined;
  readonly log: Log;
}

export class RunningProcesses {
  readonly #gatewayId: string;
  readonly #guardian: Guardian;
  readonly #running = new Set<ServerProcess>();
  #markers = 0;

  constructor({ gatewayId, guardianScript, log }: RunningProcessesOptions) {
    this.#gatewayId = gatewayId ?? `${process.pid}-${randomBytes(6).toString('hex')}`;
    this.#guardian = createGuardian(guardianScript, this.#gatewayId, log);
  }

  /** Value of the environment marker for the next process. */
  nextMarker(): string {
    return `${this.#gatewayId}.${++this.#markers}`;
  }

  add(child: ServerProcess): void {
    const { pid, container } = child;
    if (pid === undefined) return;
    const left = container === undefined ? [pid] : [pid, container];
    for (const one of left) this.#guardian.watch(one);
    this.#running.add(child);
    void child.stopped.then(() => {
      this.#running.delete(child);
      for (const one of left) this.#guardian.forget(one);
    });
  }

  killAll(): void {
    for (const child of this.#running) child.kill();
  }
}
