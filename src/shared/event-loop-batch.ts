/**
 * Handles what one turn of the event loop brings in a row, once all of it was read: what runs for many calls one after the other
 * is in the processor's caches. Where the turn before brought one thing alone, nothing waits for company.
 */
let waiting: (() => void)[] = [];
let endings: (() => void)[] = [];
/** Of this turn. */
let count = 0;
let wereSeveral = true;
let isPlanned = false;

/** Runs a job in a row with the others of this turn; at once where it is likely to be alone. */
export function runInBatch(job: () => void): void {
  plan();
  if (++count === 1 && !wereSeveral) job();
  else waiting.push(job);
}

/** Runs a job at the end of this turn, after all of those and what they left to promises. */
export function afterwards(job: () => void): void {
  plan();
  endings.push(job);
}

function plan(): void {
  if (isPlanned) return;
  isPlanned = true;
  // Apart from its endings, because promises are settled in between.
  if (wereSeveral) setImmediate(runJobs);
  setImmediate(endTurn);
}

function runJobs(): void {
  const jobs = waiting;
  waiting = [];
  for (const job of jobs) job();
}

function endTurn(): void {
  isPlanned = false;
  wereSeveral = count > 1;
  count = 0;
  // Those of a turn that seemed to bring only one.
  runJobs();
  const jobs = endings;
  endings = [];
  for (const job of jobs) job();
}
