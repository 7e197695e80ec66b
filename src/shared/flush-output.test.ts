import { PassThrough, Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { drained } from './flush-output.ts';

it('waits for a reader that is slow', async () => {
  const stream = new PassThrough({ highWaterMark: 10 });
  stream.write('x'.repeat(1000));
  let done = false;
  const waiting = drained(stream, 60_000).then(() => {
    done = true;
  });
  await new Promise(setImmediate);
  expect(done).toBe(false);
  stream.resume();
  await waiting;
});

it('does not wait for nobody: a stream that failed, was closed, or is not read in time', async () => {
  const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  failing.on('error', () => undefined);
  failing.write('x');
  await drained(failing, 60_000);
  await drained(failing.destroy(), 60_000);
  const stuck = new Writable({ write: () => undefined });
  stuck.write('x');
  await drained(stuck, 1);
});
