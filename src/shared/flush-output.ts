import type { Writable } from 'node:stream';
import { within } from './wait-for.ts';

/**
 * Waits until the reader has taken everything that was written so far.
 * @param ms at most.
 */
export async function drained(stream: Writable, ms: number): Promise<void> {
  if (!stream.writable) return;
  const written = new Promise<void>((resolve) => {
    stream.once('close', resolve);
    // Whoever reads is gone: there is nothing to wait for.
    stream.once('error', () => resolve());
    // Called after everything before it, also when that failed.
    stream.write('', () => resolve());
  });
  await within(written, ms);
}
