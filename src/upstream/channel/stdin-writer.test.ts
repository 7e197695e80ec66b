import type { Buffer } from 'node:buffer';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { StdinWriter } from './stdin-writer.ts';

/** A pipe that shows its writes; while it is held nobody reads it. */
class Pipe extends Writable {
  readonly writes: string[] = [];
  isHeld = false;

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.writes.push(chunk.toString());
    if (!this.isHeld) done();
  }
}

const nextTick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

describe('messages to a server', () => {
  it('of one turn are one write, in their order', async () => {
    const pipe = new Pipe();
    const writer = new StdinWriter(pipe);
    writer.write('one');
    writer.write('two');
    expect(pipe.writes).toEqual([]);
    await nextTick();
    writer.write('three');
    await nextTick();
    expect(pipe.writes).toEqual(['one\ntwo\n', 'three\n']);
  });

  it('that are large are written at once, with what came before', async () => {
    const pipe = new Pipe();
    const writer = new StdinWriter(pipe);
    const large = 'x'.repeat(4 * 1024 * 1024);
    writer.write('small');
    writer.write(large);
    expect(pipe.writes.join('')).toBe(`small\n${large}\n`);
    await nextTick();
    expect(pipe.writes.join('')).toBe(`small\n${large}\n`);
  });

  it('are too many once the server reads none of them', async () => {
    const pipe = new Pipe();
    pipe.isHeld = true;
    const writer = new StdinWriter(pipe, 10);
    writer.write('123456789');
    expect(writer.isFull).toBe(false);
    writer.write('0');
    expect(writer.isFull).toBe(true);
    await nextTick();
    expect(writer.isFull).toBe(true);
  });

  it('are dropped where the pipe ends before the turn does', async () => {
    for (const end of [(pipe: Pipe) => pipe.destroy(), (pipe: Pipe) => pipe.end()]) {
      const pipe = new Pipe();
      const writer = new StdinWriter(pipe);
      expect(writer.isClosed).toBe(false);
      writer.write('one');
      end(pipe);
      expect(writer.isClosed).toBe(true);
      await nextTick();
      expect(pipe.writes).toEqual([]);
    }
  });
});
