import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPlainUri } from './plain-uri.ts';

it.each([
  'file:///public/a',
  'file:///public/a%20b.txt',
  'test://item/%C5%BC%20%C3%B3',
  'https://example.com/a?b=c&d=%2Fx#y',
  'db://prod/customers/42/',
  'urn:isbn:0451450523',
  'note://inbox/2024-01-01T10:00:00Z',
  'note://inbox/2024-01-01T10%3A00%3A00Z',
  'git://repo/file.tar.gz',
  'files://list?dir=.',
  'memo://100%25',
  'file:///public/a%2Fb',
  'note://guides%2Fintro',
  'web://https%3A%2F%2Fexample.com%2Fa%3Fb',
  'file:///%E2%9D%A4%EF%B8%8F.txt',
  'file:///%D9%85%DB%8C%E2%80%8C%D8%AE.txt',
])('%s can be read in one way only', (uri) => {
  expect(isPlainUri(uri)).toBe(true);
});

it.each([
  'file:///public/../secret',
  'file:///public/./a',
  'file:///public/%2e%2e/secret',
  'file:///public/.%2E/secret',
  'file:///public/%252e%252e/secret',
  'file:///public/..%2Fsecret',
  'file:///public/..%5Csecret',
  'file:///public/a%2F/b',
  'file:///public/a%2F%2Fb',
  'file:///public/a%5Cb',
  'note://a%2F..%2Fb',
  'note://a%2F%2E',
  'web://https%3A%2F%2Fexample.com%2F%2Fa',
  'web://https%3A%2F%2Fexample.com%2F..%2Fa',
  'file:///public\\..\\secret',
  'file:///public/..;/secret',
  'file:///public/%EF%BC%8E%EF%BC%8E/secret',
  'file:///public/.%E2%80%8B./secret',
  'file:///public/.%C2%AD%EF%B8%8F./secret',
  'file:///public/%E2%80%8D%E2%80%A5/secret',
  'file:///public/%C0%AE%C0%AE/secret',
  'file:////secret/b',
  'file:///public//a',
  'FILE:///secret/b',
  'file:///s\tecret/b',
  'file:///sec\nret/b',
  'file:///sec\rret/b',
  ' file:///secret/b',
  'file:///secret/b ',
  'file:///secret/b\u0000',
  'file:///secret/b%00',
  'file:///secret/b%0A',
  'file:///secret/b%C2%85',
  'file:///s%65cret/b',
  'file:///caf%c3%a9',
  'file:///café',
  'file:///public/100%',
  'file://localhost/secret/b',
  'http://EXAMPLE.com/a',
  'http://example.com:80/a',
  'http://example.com',
  'http://user@example.com/a',
  'db://x@prod/a',
  'memo:public/../secret',
  'memo:a b',
  'memo:"a"',
  'files://list?dir=public/../secret',
  'files://list?dir=public%2F..%2Fsecret',
  'files://list#../secret',
  '//server/share',
  '/etc/passwd',
  'a',
  '',
])('%j has other spellings', (uri) => {
  expect(isPlainUri(uri)).toBe(false);
});

it('never lets a dot segment through, however often it is encoded and whatever stands around it', () => {
  const dots = fc.constantFrom('..', '%2e%2e', '.%2E', '%252e%252e', '%25252e.', '\uff0e\uff0e', '%EF%BC%8E.', '..%00');
  const slash = fc.constantFrom('/', '%2f', '%5C', '\\', '%252F', ';/', '//');
  const word = fc.stringMatching(/^[a-z]{1,8}$/);
  const scheme = fc.constantFrom('file:///', 'db://host/', 'memo:', 'https://h/');
  fc.assert(
    fc.property(scheme, word, slash, dots, slash, word, (start, a, s, up, t, b) => {
      expect(isPlainUri(`${start}${a}${s}${up}${t}${b}`)).toBe(false);
    }),
  );
});

it('is its own normal form, and decoding it once adds no empty segment', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (uri) => {
      if (!isPlainUri(uri)) return;
      expect(new URL(uri).href).toBe(uri);
      const { pathname } = new URL(uri);
      expect(decodeURIComponent(pathname)).not.toMatch(/(?<!:)\/\//);
    }),
    { numRuns: 30 },
  );
});
