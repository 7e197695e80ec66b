import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quoted } from './quote-text.ts';

it('is one line in quotes, whatever is in it', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
      fc.integer({ min: 1, max: 50 }),
      (text, length) => {
        const quote = quoted(text, length);
        expect(quote).toMatch(/^"(?:[^"\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\\["\\])*"$/u);
        expect((JSON.parse(quote) as string).length).toBeLessThanOrEqual(length + 1);
      },
    ),
  );
});

it('leaves out what cannot be seen, and keeps what can', () => {
  const tags = String.fromCodePoint(0xe0049, 0xe0067);
  const selectors = String.fromCodePoint(0xfe0f, 0xe0101);
  expect(quoted(`a\u202e\u200b\u00ad${tags}b${selectors}\n\t- c:\u2028"d" \\ żółw 漢字 😀`, 100)).toBe(
    '"ab - c: \\"d\\" \\\\ żółw 漢字 😀"',
  );
  expect(quoted('😀😀', 1)).toBe('"…"');
});
