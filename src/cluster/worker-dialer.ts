/** Connections from this worker to others, which the first process makes when they are asked for. */
import type { Socket } from 'node:net';
import { createDeferred, type Deferred } from '../shared/deferred.ts';

interface WorkerDialer {
  /** @throws what `ask` throws */
  to(worker: number): Promise<Socket>;
  /** One that was asked for under this number. */
  received(id: number, socket: Socket): void;
}

/** @param ask has the connection to a worker sent, under a number. */
export function createWorkerDialer(ask: (worker: number, id: number) => Promise<void>): WorkerDialer {
  const waiting = new Map<number, Deferred<Socket>>();
  let nextId = 1;
  return {
    to(worker) {
      const id = nextId++;
      const coming = createDeferred<Socket>();
      waiting.set(id, coming);
      ask(worker, id).catch((error: unknown) => {
        waiting.delete(id);
        coming.reject(error);
      });
      return coming.promise;
    },
    received(id, socket) {
      const coming = waiting.get(id);
      waiting.delete(id);
      if (coming === undefined) socket.destroy();
      else coming.resolve(socket);
    },
  };
}
