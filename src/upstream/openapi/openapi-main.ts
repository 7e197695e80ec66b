/** The program of the threads that compile APIs (compile-thread.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import { createDeferred, type Deferred } from '../../shared/deferred.ts';
import { yieldToCalls } from '../../shared/thread-priority.ts';
import { type CompileTerms, compileApi } from './compile-api.ts';
import type { FromCompiler, ToCompiler } from './compile-thread.ts';
import { ApiFault } from './document/api-fault.ts';

yieldToCalls();
const waiting = new Map<string, Deferred<string>>();
parentPort?.on('message', ({ address, text }: ToCompiler) => waiting.get(address)?.resolve(text));

function say(message: FromCompiler): void {
  parentPort?.postMessage(message);
}

function read(address: string): Promise<string> {
  const answer = createDeferred<string>();
  waiting.set(address, answer);
  say({ need: address });
  return answer.promise;
}

compileApi(workerData as CompileTerms, read).then(
  (done) => say({ done }),
  (error: unknown) => {
    if (error instanceof ApiFault) {
      const { message, fix, at, place } = error;
      say({ fault: { message, fix, at, place } });
    } else say({ failed: error instanceof Error ? error.message.slice(0, 200) : 'unknown' });
  },
);
