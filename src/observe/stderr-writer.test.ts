import { describe, expect, it, vi } from 'vitest';
import { LineWriter } from './stderr-writer.ts';

/** A reader with room for so many bytes. */
function readerOf(room: number) {
  const reader = { room, text: '' };
  const writer = new LineWriter((bytes) => {
    if (reader.room === 0) throw Object.assign(new Error('EAGAIN'), { code: 'EAGAIN' });
    const taken = bytes.subarray(0, reader.room);
    reader.room -= taken.length;
    reader.text += taken.toString('utf8');
    return taken.length;
  });
  return { reader, writer };
}

describe('LineWriter', () => {
  it('writes before it returns where the reader takes it', () => {
    const { reader, writer } = readerOf(1000);
    writer.write('one\n');
    expect(reader.text).toBe('one\n');
  });

  it('waits for no reader: what is not taken follows, in order', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { reader, writer } = readerOf(2);
      writer.write('one\n');
      writer.write('two\n');
      expect(reader.text).toBe('on');
      reader.room = 1000;
      vi.advanceTimersByTime(20);
      expect(reader.text).toBe('one\ntwo\n');
    } finally {
      vi.useRealTimers();
    }
  });

  it('is bounded: further lines are lost, and that is told', () => {
    const { reader, writer } = readerOf(0);
    const before = performance.now();
    for (let n = 0; n < 10_000; n++) writer.write(`${'x'.repeat(999)}\n`);
    expect(performance.now() - before).toBeLessThan(2000);
    reader.room = 10_000_000;
    writer.finish();
    expect(reader.text.length).toBeLessThan(300 * 1024);
    expect(reader.text).toMatch(/"\d+ lines of the log were lost/);
  });

  it('does not fail where the descriptor is closed, and waits at the end only for a moment', () => {
    const closed = new LineWriter(() => {
      throw Object.assign(new Error('EPIPE'), { code: 'EPIPE' });
    });
    closed.write('x\n');
    closed.finish();
    const { writer } = readerOf(0);
    writer.write('x\n');
    writer.finish();
  });
});
