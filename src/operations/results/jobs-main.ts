/** The program of the threads for jobs that may take long (src/shared/job-threads.ts). */
import { parentPort } from 'node:worker_threads';
import { type Check, checkArguments } from '../../catalog/check-job.ts';
import type { JobAnswer } from '../../shared/job-threads.ts';
import { type Selection, select } from './select-job.ts';

interface Job {
  readonly select?: Selection;
  readonly check?: Check;
}

parentPort?.on('message', (job: Job) => {
  parentPort?.postMessage(answerOf(job));
});

function answerOf({ select: selection, check }: Job): JobAnswer {
  try {
    if (selection !== undefined) return { done: select(selection) };
    return { done: check === undefined ? undefined : checkArguments(check) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message.slice(0, 200) : 'unknown' };
  }
}
