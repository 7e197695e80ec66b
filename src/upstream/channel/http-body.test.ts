import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { StreamedBody } from './http-body.ts';

function setUp() {
  const events: string[] = [];
  const body: StreamedBody = new StreamedBody({
    pause: () => void events.push('pause'),
    resume: () => void events.push('resume'),
    abort: (error) => {
      events.push(`abort: ${error.message}`);
      body.end(error);
    },
  });
  const chunks: string[] = [];
  const read = (): Promise<void> => body.read((chunk) => void chunks.push(String(chunk)));
  return { body, events, chunks, read };
}

const push = (body: StreamedBody, text: string): void => body.push(Buffer.from(text));

describe('the body of a response', () => {
  it('is what came before and after somebody reads it, in order', async () => {
    const { body, events, chunks, read } = setUp();
    push(body, 'a');
    push(body, 'b');
    const reading = read();
    expect(chunks).toEqual(['a', 'b']);
    push(body, 'c');
    body.end(undefined);
    await reading;
    expect([chunks, events]).toEqual([['a', 'b', 'c'], []]);
  });

  it('may have ended before it is read', async () => {
    const { body, chunks, read } = setUp();
    push(body, 'a');
    body.end(undefined);
    await read();
    expect(chunks).toEqual(['a']);
  });

  it('lets the server wait once 64 KiB are held, until it is read', async () => {
    const { body, events, read } = setUp();
    push(body, 'x'.repeat(64 * 1024));
    expect(events).toEqual([]);
    push(body, 'x');
    expect(events).toEqual(['pause']);
    const reading = read();
    expect(events).toEqual(['pause', 'resume']);
    push(body, 'x'.repeat(100_000));
    expect(events).toEqual(['pause', 'resume']);
    body.end(undefined);
    await reading;
  });

  it('fails with what broke it off, also when that happened before', async () => {
    const broken = new Error('broken');
    const before = setUp();
    before.body.end(broken);
    await expect(before.read()).rejects.toBe(broken);
    const after = setUp();
    const reading = after.read();
    after.body.end(broken);
    await expect(reading).rejects.toBe(broken);
  });

  it('ends its connection with what its reader throws, and hands on no more', async () => {
    const { body, events } = setUp();
    push(body, 'a');
    push(body, 'b');
    const chunks: string[] = [];
    const reading = body.read((chunk) => {
      chunks.push(String(chunk));
      throw 'no more';
    });
    await expect(reading).rejects.toBe('no more');
    expect([chunks, events]).toEqual([['a'], ['abort: The request was aborted.']]);
  });

  it('is paused and resumed until it ends, and can be given up', async () => {
    const { body, events, read } = setUp();
    body.pause();
    body.resume();
    const reading = read();
    body.destroy();
    await expect(reading).rejects.toThrow('The rest of the response is not wanted.');
    body.pause();
    body.resume();
    expect(events).toEqual(['pause', 'resume', 'abort: The rest of the response is not wanted.']);
  });
});
