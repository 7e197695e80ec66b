import { homedir } from 'node:os';
import process from 'node:process';
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

test('a default may hold references, which count only where it does', () => {
  const text = `<${reference(`X:-a${reference('Y')}b`)}>`;
  expect(substitute(text, { X: '1' })).toEqual({
    text: '<1>',
    values: [{ name: 'X', value: '1' }],
    missing: [],
    foreign: [],
  });
  expect(substitute(text, { Y: '2' })).toMatchObject({ text: '<a2b>', missing: [], foreign: [] });
  expect(substitute(text, {})).toMatchObject({ missing: ['Y'] });
  expect(substitute(reference(`X:-${reference('Y:-last')}`), {}).text).toBe('last');
  expect(substitute(reference(`X:-$${reference('Y')}`), {}).text).toBe(reference('Y'));
  expect(substitute(reference('X:-{"a":1'), {}).text).toBe('{"a":1');
});

test('a reference inside anything else is left alone and reported', () => {
  const text = reference(`input:${reference('X')}`);
  expect(substitute(text, { X: '1' })).toMatchObject({ text, foreign: [text] });
});

test('what is not closed is text, and what is closed in it is replaced', () => {
  const open = '${';
  expect(substitute(`${open}X ${reference('X')}`, { X: '1' })).toMatchObject({ text: `${open}X 1`, foreign: [] });
  expect(substitute(open.repeat(50_000), {}).text).toBe(open.repeat(50_000));
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

test('env: is what Cursor and VS Code write before a variable; its value, also with a default', () => {
  const text = `${reference('env:HOME')} ${reference('env:NO:-none')} ${reference('env:NO')}`;
  expect(substitute(text, { HOME: 'x' })).toMatchObject({ text: `x none ${reference('env:NO')}`, missing: ['NO'] });
});

test('places have the names that Cursor and VS Code give them, whatever the environment says', () => {
  const text = `${reference('workspaceFolder')}${reference('/')}a ${reference('userHome')}`;
  expect(substitute(text, { workspaceFolder: 'other' })).toMatchObject({
    text: `${process.cwd()}/a ${homedir()}`,
    foreign: [],
    missing: [],
  });
});

test.each(['input:token', 'secret:', 'secret:a b', 'workspaceFolder:other', 'command:x', 'f%.*', '#array', '', 'a b'])(
  'what stands for nothing here is left alone and reported: %s',
  (inner) => {
    const text = `${reference(inner)} $HOME`;
    expect(substitute(text, { HOME: 'x' })).toMatchObject({ text, missing: [], foreign: [reference(inner)] });
  },
);

test('$$ is one dollar sign, also before braces', () => {
  const text = `f=one; echo $${reference('f')} $$ $$$${reference('X')}`;
  expect(substitute(text, { X: '1' })).toMatchObject({
    text: `f=one; echo ${reference('f')} $ $$${'{X}'}`,
    foreign: [],
  });
  expect(substitute(`$$${reference('X')}`, { X: '1' }).text).toBe('$1');
});

test('property: text without a reference stays, and what is around one is kept to the letter', () => {
  const plain = fc.string({ unit: 'binary' }).filter((text) => !text.includes('$'));
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/);
  fc.assert(
    fc.property(plain, plain, name, fc.string({ unit: 'binary' }), (before, after, variable, value) => {
      expect(substitute(before, {}).text).toBe(before);
      const env = Object.fromEntries([[variable, value]]);
      if (!Object.hasOwn(env, variable) || variable === 'userHome') return;
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

test('a secret of the store is a value, and missing where it is not kept', () => {
  const text = `Bearer ${reference('secret:API.KEY-2')}`;
  expect(substitute(text, { 'secret:API.KEY-2': 'a$b' })).toEqual({
    text: 'Bearer a$b',
    values: [{ name: 'secret:API.KEY-2', value: 'a$b' }],
    missing: [],
    foreign: [],
  });
  expect(substitute(text, { 'API.KEY-2': 'x' })).toMatchObject({ text, missing: ['secret:API.KEY-2'] });
});
