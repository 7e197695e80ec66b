/** The program of the threads that run programs of agents (program-threads.ts): one at a time, each in a sandbox of its own. */
import { parentPort } from 'node:worker_threads';
import { yieldToCalls } from '../../shared/thread-priority.ts';
import { ProgramRun } from './program-run.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

const say = (message: FromThread): void => parentPort?.postMessage(message);

/** The sandbox of the next program: made before it comes. */
let next: Promise<Sandbox> | undefined;
let engine: WebAssembly.Module | undefined;
let run: ProgramRun | undefined;

function prepare(): void {
  if (engine === undefined) return;
  next = openSandbox(engine);
  void next.then(() => say({ kind: 'ready' }));
}

async function start(message: Extract<ToThread, { kind: 'start' }>): Promise<void> {
  const sandbox = await next;
  if (sandbox === undefined) return;
  run = new ProgramRun(sandbox, message, say, () => {
    run = undefined;
    prepare();
  });
  await run.begin();
}

yieldToCalls();
parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'engine') {
    engine = message.module;
    prepare();
  } else if (message.kind === 'start') void start(message);
  else run?.settle(message);
});
