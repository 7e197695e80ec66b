/** Compiles an API in a thread of its own: documents are large, and nobody knows what is in them. The thread has neither files nor network. */
import { Worker } from 'node:worker_threads';
import { builtProgram, startedProgram } from '../../shared/built-files.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { createDeferred } from '../../shared/deferred.ts';
import type { CompiledApi } from './call-plan.ts';
import type { CompileTerms, ReadText } from './compile-api.ts';
import { ApiFault } from './document/api-fault.ts';

/** Milliseconds for everything, what is fetched included. */
const LIMIT_MS = 90_000;
/** MiB of its heap. */
const MAX_HEAP = 1024;

/** The messages of the thread. */
export type FromCompiler =
  | { readonly need: string }
  | { readonly done: CompiledApi }
  | { readonly fault: Pick<ApiFault, 'message' | 'fix' | 'at' | 'place'> }
  | { readonly failed: string };

/** The answer to `need`. */
export interface ToCompiler {
  readonly address: string;
  readonly text: string;
}

/** @throws ApiFault, whatever `read` throws, or the reason of the signal */
export async function compileInThread(
  terms: CompileTerms,
  read: ReadText,
  signal?: CancelSignal,
): Promise<CompiledApi> {
  const script = builtProgram('openapi.js');
  if (script === undefined) {
    // Tests of the sources.
    const { compileApi } = await import('./compile-api.ts');
    return compileApi(terms, read);
  }
  const worker = new Worker(startedProgram(script), {
    workerData: terms,
    env: {},
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP, maxYoungGenerationSizeMb: 64 },
  });
  let timer: NodeJS.Timeout | undefined;
  const abort = createDeferred<CompiledApi>();
  const cancel = (): void => abort.reject(signal?.reason);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    timer = setTimeout(() => abort.reject(new ApiFault('takes too long to read', TOO_MUCH)), LIMIT_MS).unref();
    if (signal?.aborted === true) cancel();
    return await Promise.race([outcomeOf(worker, read), abort.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    void worker.terminate();
  }
}

const TOO_MUCH = 'Name a smaller document';

function outcomeOf(worker: Worker, read: ReadText): Promise<CompiledApi> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromCompiler) => {
      if ('need' in message) {
        const { need: address } = message;
        read(address).then((text) => worker.postMessage({ address, text } satisfies ToCompiler), reject);
      } else if ('done' in message) resolve(message.done);
      else if ('fault' in message) reject(new ApiFault(message.fault.message, message.fault.fix, message.fault));
      else reject(new ApiFault(`cannot be read: ${message.failed}`, 'Report it, with the document'));
    });
    worker.on('error', () => reject(new ApiFault('takes too much memory to read', TOO_MUCH)));
    worker.on('exit', () => reject(new ApiFault('takes too much memory to read', TOO_MUCH)));
  });
}
