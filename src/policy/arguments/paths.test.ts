import path from 'node:path';
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { isUnder, type PlainPath, parseFolder } from './paths.ts';

const folder = (text: string): PlainPath => parseFolder(text) ?? { drive: 'none', names: [] };
const PROJECT = [folder('/srv/project')];

test.each([
  ['/srv/project', true],
  ['/srv/project/', true],
  ['/srv/project/a', true],
  ['/srv//project/./a', true],
  ['/srv/project/a/../../project/b', true],
  ['/srv/project/100%', true],
  ['/srv/project/a%20b', true],
  ['/srv/project/a b', true],
  ['/srv/project/a ', true],
  ['/srv/project/.hidden', true],
  ['/srv/project/a..b/..c', true],
  ['/srv/project/a:b', true],
  ['/srv/project/é', true],
  ['/srv/project/e\u0301', true],
  ['/srv/projectx/a', false],
  ['/srv/project/../x', false],
  ['/srv/project/../../etc/passwd', false],
  ['/etc/passwd', false],
  ['/', false],
  ['/srv/project\\..\\..\\etc', false],
  ['/srv/project\uff0f..\uff0f..\uff0fx', false],
])('%j is below /srv/project: %j', (text, expected) => {
  expect(isUnder(text, PROJECT, false)).toBe(expected);
  expect(isUnder(text, PROJECT, true)).toBe(expected);
});

/** Ways out of the folder, or into it, that only some programs take. */
test.each([
  '',
  '.',
  'srv/project/a',
  '~/project',
  'file:///srv/project/a',
  '//srv/project/a',
  '//?/srv/project',
  '/../srv/project/a',
  '/srv/project/../../../x',
  '/srv/project/%2e%2e/x',
  '/srv/project/%2E%2E%2Fx',
  '/srv/project/..%2fx',
  '/srv/project/%252e%252e/x',
  '/srv/project/%25252e%25252e/x',
  '/srv/project/%u002e%u002e/x',
  '/srv/project/%c0%ae%c0%ae/x',
  '/srv/project/%ff',
  '%2fsrv%2fproject%2fa',
  '/srv/project/..\\..\\etc',
  '/srv/project./a',
  '/srv /project/a',
  '/srv/project:x/a',
  '/srv/project/..;/..;/etc',
  '/srv/project/.../x',
  '/srv/project/.. /x',
  '/srv/project/\uff0e\uff0e/x',
  '/srv/project/\u2025/x',
  '/srv/pro\u200bject/a',
  '/srv/project/a\0b',
  '/srv/project/a\nb',
])('nobody can tell whether %j is below /srv/project', (text) => {
  expect(isUnder(text, PROJECT, false)).toBeUndefined();
});

it('leaves capitals to an option', () => {
  expect(isUnder('/SRV/Project/a', PROJECT, false)).toBeUndefined();
  expect(isUnder('/SRV/Project/a', PROJECT, true)).toBe(true);
  expect(isUnder('/ſrv/project/a', PROJECT, true)).toBe(true);
});

test.each([
  ['C:\\Work\\a', true],
  ['c:/Work/a', true],
  ['C:\\Work\\..\\x', false],
  ['D:\\Work\\a', false],
  ['C:Work\\a', undefined],
  ['\\Work\\a', undefined],
  ['\\\\?\\C:\\Work\\a', undefined],
  ['\\\\host\\C$\\Work', undefined],
  ['C:\\WORK~1\\a', undefined],
  ['C:\\work\\a', undefined],
  ['C:\\Work.\\a', undefined],
  ['C:\\Work::$INDEX_ALLOCATION\\a', undefined],
])('%j is below C:\\Work: %j', (text, expected) => {
  expect(isUnder(text, [folder('C:\\Work')], false)).toBe(expected);
});

test.each(['srv', './a', '/srv/../a', '/a/.', '//host/share', '', 'C:Work', '/a\0'])('%j is no folder', (text) => {
  expect(parseFolder(text)).toBeUndefined();
});

it('says that a path is below a folder only where Node says so too, for every reading of it', () => {
  const part = fc.constantFrom(
    'srv',
    'project',
    'a',
    '..',
    '.',
    '',
    '...',
    '%2e%2e',
    '%2f',
    '\\..',
    '..\\',
    ' ',
    'a.',
    '%25',
    '%',
  );
  const separator = fc.constantFrom('/', '/', '/', '\\', '//', '%2f');
  const text = fc
    .array(fc.tuple(separator, part), { minLength: 1, maxLength: 7 })
    .map((parts) => parts.map(([one, other]) => one + other).join(''));
  const below = (one: string): boolean => `${path.posix.resolve('/', one)}/`.startsWith('/srv/project/');
  const decoded = (one: string): string => {
    try {
      return decodeURIComponent(one);
    } catch {
      return one;
    }
  };
  let certain = 0;
  fc.assert(
    fc.property(text, (one) => {
      const truth = isUnder(one, PROJECT, false);
      if (truth === undefined) return;
      certain++;
      const readings = [one, decoded(one), decoded(decoded(one))];
      for (const reading of [...readings, ...readings.map((each) => each.replaceAll('\\', '/'))]) {
        expect(below(reading)).toBe(truth);
      }
      const windows = path.win32.resolve('C:/', one).replaceAll('\\', '/');
      expect(`${windows}/`.startsWith('C:/srv/project/')).toBe(truth);
    }),
    { numRuns: 5000 },
  );
  expect(certain).toBeGreaterThan(200);
});

it('takes time in proportion to the length', () => {
  for (const text of [`/${'.'.repeat(30_000)}a`, `/srv/project/${'../'.repeat(9000)}`, `/${'%25'.repeat(10_000)}`]) {
    const started = performance.now();
    isUnder(text, PROJECT, false);
    expect(performance.now() - started).toBeLessThan(500);
  }
  expect(isUnder(`/srv/project/${'a'.repeat(40_000)}`, PROJECT, false)).toBeUndefined();
});
