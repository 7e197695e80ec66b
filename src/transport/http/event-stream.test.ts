import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventStreams, startStream } from './event-stream.ts';

/** A response that keeps what is written to it. */
class Written {
  text = '';
  head: Record<string, unknown> = {};
  headersSent = false;
  writableEnded = false;
  destroyed = false;
  /** Bytes that the client did not take yet. */
  writableLength = 0;
  #closed: (() => void)[] = [];

  writeHead(_status: number, headers: Record<string, unknown>): void {
    this.head = headers;
    this.headersSent = true;
  }
  flushHeaders(): void {}
  write(chunk: string): void {
    this.text += chunk;
  }
  end(): void {
    this.writableEnded = true;
    this.close();
  }
  destroy(): void {
    this.destroyed = true;
    this.close();
  }
  once(_event: 'close', listener: () => void): void {
    this.#closed.push(listener);
  }
  close(): void {
    for (const listener of this.#closed.splice(0)) listener();
  }
  get response(): ServerResponse {
    return this as unknown as ServerResponse;
  }
}

describe('a stream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells proxies not to hold it back, and keeps quiet connections open with comments until it ends', () => {
    const written = new Written();
    startStream(written.response, {});
    expect(written.head).toMatchObject({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    vi.advanceTimersByTime(45_000);
    expect(written.text).toBe(':\n\n'.repeat(3));
    written.end();
    vi.advanceTimersByTime(60_000);
    expect(written.text).toBe(':\n\n'.repeat(3));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is closed where the client takes nothing, before much is kept for it', () => {
    const written = new Written();
    const stream = createEventStreams().open(false);
    stream.attach(written.response);
    stream.write('{}');
    written.writableLength = 64 * 1024 * 1024;
    stream.write('{}');
    expect(written.destroyed).toBe(true);
  });
});

describe('a client that comes back', () => {
  const reply = (n: number): string => `{"n":${n}}`;
  const events = (text: string): string[] => [...text.matchAll(/^data: (.+)$/gm)].map(([, data = '']) => data);

  it('gets what it missed of its stream and no other, and then what comes', () => {
    const streams = createEventStreams();
    const [one, other] = [streams.open(true), streams.open(true)];
    const first = new Written();
    one.attach(first.response);
    expect(first.text).toBe('id: 1-0\ndata: \n\n');
    one.write(reply(1));
    first.destroy();
    one.write(reply(2));
    other.write(reply(99));
    const second = new Written();
    expect(streams.resume('1-1', second.response)).toBe(true);
    one.write(reply(3));
    one.end();
    expect(events(second.text)).toEqual([reply(2), reply(3)]);
    expect(second.writableEnded).toBe(true);
    const third = new Written();
    expect(streams.resume('1-2', third.response)).toBe(true);
    expect(events(third.text)).toEqual([reply(3)]);
    expect(third.writableEnded).toBe(true);
  });

  it.each(['', '7-1', '1-x', '1-1-1', 'x'])('with an id that is not known starts anew: %j', (id) => {
    const streams = createEventStreams();
    streams.open(true).write(reply(1));
    const written = new Written();
    expect(streams.resume(id, written.response)).toBe(false);
    expect(written.text).toBe('');
  });

  it('finds no more than the newest events of its session, by number and by size', () => {
    const streams = createEventStreams();
    const stream = streams.open(false);
    for (let n = 1; n <= 1_000; n++) stream.write(reply(n));
    const written = new Written();
    streams.resume('1-0', written.response);
    expect(events(written.text)).toHaveLength(256);
    expect(events(written.text).at(-1)).toBe(reply(1_000));

    const large = JSON.stringify('x'.repeat(1024 * 1024));
    for (let n = 0; n < 10; n++) stream.write(large);
    const again = new Written();
    streams.resume('1-1000', again.response);
    expect(events(again.text)).toHaveLength(3);
  });
});
