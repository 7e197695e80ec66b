import { describe, expect, it, vi } from 'vitest';
import { createLineWriter } from './stderr-writer.ts';

/** A reader with room for so many bytes. */
function readerOf(room: number) {
  const reader = { room, text: '' };
  const writer = createLineWriter((bytes) => {
    if (reader.room === 0) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
    const taken = bytes.subarray(0, reader.room);
    reader.room -= taken.length;
    reader.text += taken.toString('utf8');
    return taken.length;
  });
  return { reader, ...writer };
}

describe('createLineWriter', () => {
  it('writes before it returns where the reader takes it', () => {
    const { reader, write } = readerOf(1000);
    write('one\n');
    expect(reader.text).toBe('one\n');
  });

  it('waits for no reader: what is not taken follows, in order', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { reader, write } = readerOf(2);
      write('one\n');
      write('two\n');
      expect(reader.text).toBe('on');
      reader.room = 1000;
      vi.advanceTimersByTime(20);
      expect(reader.text).toBe('one\ntwo\n');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is bounded: further lines are lost, and that is told', () => {
    const { reader, write, finish } = readerOf(0);
    const before = performance.now();
    for (let n = 0; n < 10_000; n++) write(`${'x'.repeat(999)}\n`);
    expect(performance.now() - before).toBeLessThan(2000);
    reader.room = 10_000_000;
    finish();
    expect(reader.text.length).toBeLessThan(300 * 1024);
    expect(reader.text).toMatch(/"\d+ lines of the log were lost/);
  });

  it('does not fail where the descriptor is closed, and waits at the end only for a moment', () => {
    const closed = createLineWriter(() => {
      throw Object.assign(new Error('EPIPE'), { code: 'EPIPE' });
    });
    closed.write('x\n');
    closed.finish();
    const { write, finish } = readerOf(0);
    write('x\n');
    finish();
  });
});
