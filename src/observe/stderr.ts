import { Buffer } from 'node:buffer';
import { writeSync } from 'node:fs';
import { systemCode } from '../shared/system-code.ts';

const STDERR = 2;
/** A reader that does not read for this long loses lines rather than stopping the gateway. Milliseconds. */
const PATIENCE = 200;

/**
 * Writes to stderr before it returns. A terminal or pipe that was made non-blocking by somebody else says EAGAIN while it is
 * full: waits for it, within limits. A closed stderr is no reason to fail.
 */
export function writeFully(text: string): void {
  let bytes = Buffer.from(text, 'utf8');
  const deadline = performance.now() + PATIENCE;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(STDERR, bytes));
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN' || performance.now() > deadline) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
