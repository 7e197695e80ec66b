import fc from 'fast-check';
import { expect, test } from 'vitest';
import { substitute } from './substitute.ts';

const reference = (inner: string) => `$\{${inner}}`;

test('variables and defaults are replaced, several in one text', () => {
  const text = `a${reference('X')}b${reference('Y:-why not')}c${reference('X')}`;
  expect(substitute(text, { X: '1' })).toMatchObject({ text: 'a1bwhy notc1', missing: [], foreign: [] });
});

test('a default may be empty; a variable that is set, even to nothing, beats it', () => {
  expect(substitute(reference('X:-'), {}).text).toBe('');
  expect(substitute(reference('X:-default'), { X: 'set' }).text).toBe('set');
  expect(substitute(reference('X:-default'), { X: '' }).text).toBe('');
});

test('a variable that is not set is reported and stays as written', () => {
  const text = `${reference('ONE')}/${reference('TWO')}`;
  expect(substitute(text, { TWO: '2' })).toMatchObject({ text: `${reference('ONE')}/2`, missing: ['ONE'] });
});

test('values are not substituted again', () => {
  const env = { A: reference('B'), B: 'secret' };
  expect(substitute(reference('A'), env)).toMatchObject({ text: reference('B'), missing: [] });
});

test('names of the prototype are not variables', () => {
  expect(substitute(reference('constructor'), {}).missing).toEqual(['constructor']);
  expect(substitute(reference('__proto__'), {}).missing).toEqual(['__proto__']);
});

test('forms of other programs are left alone and reported', () => {
  const text = `${reference('input:token')} ${reference('env:HOME')} $HOME $\{`;
  const result = substitute(text, { HOME: 'x' });
  expect(result).toMatchObject({ text, missing: [], foreign: [reference('input:token'), reference('env:HOME')] });
});

test('property: text without a reference stays, and what is around one is kept to the letter', () => {
  const plain = fc.string({ unit: 'binary' }).filter((text) => !text.includes('$'));
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);
  fc.assert(
    fc.property(plain, plain, name, fc.string({ unit: 'binary' }), (before, after, variable, value) => {
      expect(substitute(before, {}).text).toBe(before);
      const env = Object.fromEntries([[variable, value]]);
      if (!Object.hasOwn(env, variable)) return;
      const result = substitute(before + reference(variable) + after, env);
      expect(result).toEqual({
        text: before + value + after,
        values: [{ name: variable, value }],
        missing: [],
        foreign: [],
      });
    }),
  );
});
