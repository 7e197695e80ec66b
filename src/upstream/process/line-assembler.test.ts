import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createWholeLines } from './line-assembler.ts';

it('property: gives every line that ended, whole, however it arrives', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(40), { maxLength: 40 }), (text, sizes) => {
      const take = createWholeLines();
      let bytes = Buffer.from(text);
      let given = '';
      for (const size of [...sizes, bytes.length]) {
        const lines = take(bytes.subarray(0, size));
        expect(lines === '' || lines.endsWith('\n')).toBe(true);
        given += lines;
        bytes = bytes.subarray(size);
      }
      expect(given).toBe(text.slice(0, text.lastIndexOf('\n') + 1));
    }),
  );
});

it('passes over a line that is too long, and none after it', () => {
  const take = createWholeLines();
  for (let n = 0; n < 20; n++) expect(take(Buffer.from('x'.repeat(10_000)))).toBe('');
  expect(take(Buffer.from('end\nnext\nrest'))).toBe('next\n');
  expect(take(Buffer.from(' of it\n'))).toBe('rest of it\n');
});
