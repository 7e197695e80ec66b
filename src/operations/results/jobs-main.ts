/** The program of the threads for jobs that may take long (src/shared/job-threads.ts). */
import { parentPort } from 'node:worker_threads';
import { keepSummaries } from '../../audit/summaries/log-summaries.ts';
import { type ArgumentCheck, checkArguments } from '../../catalog/check-job.ts';
import type { JobAnswer } from '../../shared/job-threads.ts';
import { yieldToCalls } from '../../shared/thread-priority.ts';
import { type Selection, select } from './select-job.ts';

interface Job {
  /** The log whose summaries are to be made. */
  readonly summarise?: string;
  readonly select?: Selection;
  readonly check?: ArgumentCheck;
}

yieldToCalls();
parentPort?.on('message', (job: Job) => {
  parentPort?.postMessage(answerOf(job));
});

function answerOf({ select: selection, check, summarise }: Job): JobAnswer {
  try {
    if (summarise !== undefined) return { done: keepSummaries(summarise) };
    if (selection !== undefined) return { done: select(selection) };
    return { done: check === undefined ? undefined : checkArguments(check) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message.slice(0, 200) : 'unknown' };
  }
}
