import process from 'node:process';

/** Milliseconds since the machine started: unlike `performance.now` the same for all its processes. Never jumps. */
export function sinceBoot(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
