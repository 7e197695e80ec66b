/** The program of a worker process: it does what the first process says, and ends with it. */
import process from 'node:process';
import { keepProgram } from '../shared/built-files.ts';
import { keepCrashesPrivate } from '../shared/crash-reports.ts';
import { createDeferred } from '../shared/deferred.ts';
import { IpcChannel } from './ipc-channel.ts';
import type { PrimaryApi, WorkerApi } from './ipc-messages.ts';
import { leave, startWorker, type Worker } from './worker.ts';

keepCrashesPrivate();

let worker: Worker | undefined;
/** Lets requests wait for the start. */
const { promise: started, resolve: begin } = createDeferred<Worker>();
started.catch(() => undefined);

const api: WorkerApi = {
  async start(order) {
    begin(startWorker(order, channel));
    worker = await started;
    await keepProgram();
  },
  others: async (ready) => (await started).api.others(ready),
  prepare: async (contents, owners) => (await started).api.prepare(contents, owners),
  swap: async () => (await started).api.swap(),
  reloaded: async (status) => (await started).api.reloaded(status),
  servers: async () => (await started).api.servers(),
  clients: async () => (await started).api.clients(),
  serverCalls: async () => (await started).api.serverCalls(),
  spent: async () => (await started).api.spent(),
  measures: async () => (await started).api.measures(),
  control: async (server, what) => (await started).api.control(server, what),
  answer: async (...said) => (await started).api.answer(...said),
  output: async (server) => (await started).api.output(server),
  follow: async (id, server) => (await started).api.follow(id, server),
  unfollow: async (id) => (await started).api.unfollow(id),
  async stop(drainMs) {
    await (await started).api.stop(drainMs);
    worker = undefined;
  },
};

const channel: IpcChannel<PrimaryApi> = new IpcChannel<PrimaryApi>(process, api, {
  received(socket, what) {
    if (worker === undefined) socket.destroy();
    else worker.take(socket, what);
  },
  failed(error) {
    worker?.gateway.log.error({ err: error }, 'a worker failed on something unexpectedly');
  },
});

// The first process is told what ends or reloads the gateway, also where a terminal tells all.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => leave(worker));
