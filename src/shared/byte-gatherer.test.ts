import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Gatherer } from './byte-gatherer.ts';

const pieces = fc.array(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)));

it('gives what came, however it was cut and whatever was expected, and leaves the pieces alone', () => {
  fc.assert(
    fc.property(pieces, pieces, fc.nat(200), fc.nat(200), (first, second, expected, announced) => {
      const gatherer = new Gatherer(expected, announced);
      const before = Buffer.concat([...first, ...second]);
      for (const some of [first, second]) {
        for (const piece of some) gatherer.push(piece);
        expect(gatherer.length).toBe(Buffer.concat(some).length);
        expect(gatherer.take().equals(Buffer.concat(some))).toBe(true);
        expect(gatherer.length).toBe(0);
      }
      expect(Buffer.concat([...first, ...second]).equals(before)).toBe(true);
    }),
  );
});

it('a mebibyte that comes byte by byte is held about twice, not a hundred times', () => {
  const before = process.memoryUsage();
  const gatherer = new Gatherer(4 * 1024 * 1024);
  for (let at = 0; at < 1024 * 1024; at++) gatherer.push(Buffer.alloc(1, at % 256));
  const after = process.memoryUsage();
  expect(gatherer.length).toBe(1024 * 1024);
  const mib = (after.heapUsed - before.heapUsed) / 1024 / 1024;
  expect(mib).toBeLessThan(60);
});
