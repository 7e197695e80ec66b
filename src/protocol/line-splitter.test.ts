import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLineReader } from './line-splitter.ts';

function read(chunks: readonly Buffer[], maxBytes: number, goOn = true): string[] {
  const seen: string[] = [];
  const reader = createLineReader(
    {
      line: (text) => seen.push(text),
      broken: (reason) => {
        seen.push(`! ${reason}`);
        return goOn;
      },
    },
    maxBytes,
  );
  for (const chunk of chunks) reader.push(chunk);
  return seen;
}

function split(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  chunks.push(bytes.subarray(at));
  return chunks;
}

it('gives the same lines however the bytes are cut', () => {
  const lines = fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replace(/[\r\n]/g, ' ')));
  fc.assert(
    fc.property(lines, fc.array(fc.nat(9)), (texts, sizes) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
      expect(read(split(bytes, sizes), 1_000)).toEqual(texts.filter((text) => text.trim() !== ''));
    }),
    { numRuns: 2_000 },
  );
});

it('reports a line that is too long once, before its end came, and goes on with the next', () => {
  const long = Buffer.from('x'.repeat(50));
  expect(read([long, long, long, Buffer.from('\nnext\n')], 60)).toEqual(['! too long', 'next']);
  expect(read([Buffer.from(`${'y'.repeat(61)}\nnext\n`)], 60)).toEqual(['! too long', 'next']);
  expect(read([Buffer.from(`${'y'.repeat(60)}\r\nnext\n`)], 60)).toEqual(['y'.repeat(60), 'next']);
});

it('hands on what a line that is too long holds, whole, however its bytes are cut', () => {
  fc.assert(
    fc.property(fc.integer({ min: 11, max: 60 }), fc.array(fc.nat(9)), (length, sizes) => {
      const long = Array.from({ length }, (_, at) => at % 10).join('');
      let dropped = '';
      const seen: string[] = [];
      const reader = createLineReader(
        {
          line: (text) => seen.push(text),
          broken: () => true,
          dropped(piece, isEnd) {
            dropped += piece.toString();
            if (isEnd) seen.push(dropped);
          },
        },
        10,
      );
      for (const chunk of split(Buffer.from(`one\n${long}\ntwo\n`), sizes)) reader.push(chunk);
      expect(seen).toEqual(['one', long, 'two']);
    }),
  );
});

it('stops where it is told to', () => {
  expect(read([Buffer.from(`${'y'.repeat(61)}\nnext\n`)], 60, false)).toEqual(['! too long']);
});

it('reports bytes that are not UTF-8 and goes on with the next line', () => {
  expect(read([Buffer.from([0x22, 0xc3, 0x28, 0x22, 0x0a]), Buffer.from('ok\n')], 60)).toEqual(['! not UTF-8', 'ok']);
});
