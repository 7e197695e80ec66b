import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lineDiff } from './line-diff.ts';

const shown = (before: string, after: string): string[] =>
  lineDiff(before, after).map(({ sign, text }) => (sign === '@' ? text : sign + text));

it('shows what changed with three lines around it, and where', () => {
  const lines = Array.from({ length: 20 }, (_, at) => `line ${at + 1}`);
  const changed = lines.with(9, 'new').concat('more');
  expect(shown(lines.join('\n'), `${changed.join('\r\n')}\r\n`)).toEqual([
    '@@ -7 +7 @@',
    ' line 7',
    ' line 8',
    ' line 9',
    '-line 10',
    '+new',
    ' line 11',
    ' line 12',
    ' line 13',
    '@@ -18 +18 @@',
    ' line 18',
    ' line 19',
    ' line 20',
    '+more',
  ]);
});

it('property: without its pluses it is the old text, without its minuses the new one, where everything is near a change', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = lineDiff(before.map((line) => `${line}\n`).join(''), after.map((line) => `${line}\n`).join(''));
      if (before.join() === after.join()) expect(lines).toEqual([]);
      else {
        const side = (sign: string): string[] =>
          lines.flatMap((line) => (line.sign === sign || line.sign === ' ' ? line.text : []));
        expect(side('-')).toEqual(before);
        expect(side('+')).toEqual(after);
      }
    }),
  );
});

it('takes texts without anything in common and with very many lines', () => {
  const many = (word: string): string => Array.from({ length: 3_000 }, (_, at) => `${word} ${at}`).join('\n');
  const lines = lineDiff(many('a'), many('b'));
  expect(lines).toHaveLength(6_001);
});
