/** The priority of a thread whose work may wait. */
import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import path from 'node:path';

/** The delay of its work behind calls where processors are few: steps of `nice`. */
const LATER = 5;

/** Lets calls go before what this thread does. On Linux a thread has a priority of its own; elsewhere it keeps that of the process. */
export function yieldToCalls(): void {
  try {
    const thread = Number(path.basename(readlinkSync('/proc/thread-self')));
    setPriority(thread, Math.min(constants.priority.PRIORITY_LOW, getPriority(thread) + LATER));
  } catch {
    // There is no /proc here.
  }
}
