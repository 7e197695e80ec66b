import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { substitute } from '../config/substitute.ts';
import { convert, literal } from './variables.ts';

it('property: what a client does not replace stands for itself', () => {
  const piece = fc.constantFrom(
    '$',
    '$$',
    '{',
    '}',
    `\${`,
    'A',
    `\${A}`,
    '$A',
    ':-',
    '{env:A}',
    ' ',
    `\${env:A}`,
    `\${{ secrets.A }}`,
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      expect(substitute(literal(text), { A: 'x' }).text).toBe(text);
      expect(substitute(convert(text, 'none', {}).text, { A: 'x' }).text).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

describe.each([
  ['braces', `\${A}`, 'x'],
  ['braces', `a \${A}-\${B:-b}`, 'a x-b'],
  ['braces', `\${B:-$5}`, '$5'],
  ['braces', `$A $$ \${env:A}`, `$A $$ \${env:A}`],
  ['env', `\${env:A} \${A} $A`, `x \${A} $A`],
  ['env', `$\${env:A}`, '$x'],
  ['shell', `$A/\${A}/\${B:-d}`, 'x/x/d'],
  ['shell', 'costs $5, $$A', 'costs $5, $x'],
  ['curly', `{env:A} \${A} {x}`, `x \${A} {x}`],
  ['continue', `Bearer \${{ secrets.A }} \${A}`, `Bearer x \${A}`],
  ['none', `\${A} $A {env:A}`, `\${A} $A {env:A}`],
] as const)('%s: %s', (variables, text, meant) => {
  it(`means ${meant}`, () => expect(substitute(convert(text, variables, {}).text, { A: 'x' }).text).toBe(meant));
});

it('names what is needed, what is asked for, and what is lost', () => {
  expect(convert(`\${env:A} \${input:key} \${command:x.y}`, 'env-and-inputs', {})).toMatchObject({
    needs: ['A'],
    inputs: ['key'],
    lost: [`\${command:x.y}`],
  });
  expect(convert('{file:~/.key}', 'curly', {})).toMatchObject({ lost: ['{file:~/.key}'] });
});

it('a place is the project, where the entry is for one', () => {
  expect(convert(`\${workspaceFolder}/x`, 'env', { project: '/home/me/$p' }).text).toBe('/home/me/$p/x');
  expect(convert(`\${workspaceFolder}/x`, 'env', {}).text).toBe(`\${workspaceFolder}/x`);
  expect(convert(`\${userHome}\${/}x`, 'env', {}).text).toBe(`\${userHome}\${/}x`);
});
