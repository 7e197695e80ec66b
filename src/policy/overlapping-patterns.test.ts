import fc from 'fast-check';
import { expect, it } from 'vitest';
import { overlap } from './overlapping-patterns.ts';
import { compilePattern } from './pattern.ts';

it('two patterns overlap where some name fits both', () => {
  const part = fc.constantFrom('a', 'b', '*', '?', '[ab]', '[!a]', '[!b-c]');
  const pattern = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''));
  const letters = ['a', 'b', 'c', 'd'];
  const names = [''];
  for (const name of names) if (name.length < 5) for (const letter of letters) names.push(name + letter);
  fc.assert(
    fc.property(pattern, pattern, (one, other) => {
      const [first, second] = [compilePattern(one), compilePattern(other)];
      // Whatever two patterns of four parts have in common, something of at most six characters is among it.
      expect(overlap(one, other)).toBe(names.some((name) => first(name) && second(name)) || bySix(first, second));
    }),
    { numRuns: 150 },
  );

  function bySix(first: (name: string) => boolean, second: (name: string) => boolean): boolean {
    return names.some(
      (name) => name.length === 5 && letters.some((letter) => first(name + letter) && second(name + letter)),
    );
  }
});
