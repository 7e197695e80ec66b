import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { type HostPattern, isOfHost, parseHostPattern } from './hosts.ts';

const patterns = (...sources: string[]): HostPattern[] =>
  sources.map((source) => parseHostPattern(source)).filter((pattern) => pattern !== undefined);
const HOSTS = patterns(
  'example.com',
  '*.example.org',
  'localhost:8080',
  'bücher.example',
  '[::1]',
  '127.0.0.1',
  '*.straße.example',
);

test.each([
  ['https://example.com', true],
  ['https://example.com/', true],
  ['HTTPS://EXAMPLE.com:443/x?y#z', true],
  ['https://example.com:8443', true],
  ['https://example.com?x=1', true],
  ['https://example.com/@evil.com', true],
  ['https://a.b.example.org/', true],
  ['http://localhost:8080/', true],
  ['http://bücher.example/', true],
  ['http://BÜCHER.example/', true],
  ['http://xn--bcher-kva.example/', true],
  ['http://[::1]/', true],
  ['http://127.0.0.1/', true],
  ['https://example.org/', false],
  ['http://localhost/', false],
  ['http://localhost:80/', false],
  ['https://evil.com/', false],
  ['https://example.com.evil.com/', false],
  ['https://evil.com/example.com', false],
  ['http://[fe80::2]/', false],
])('%j is of one of the hosts: %j', (text, expected) => {
  expect(isOfHost(text, HOSTS)).toBe(expected);
});

/** URLs that programs connect to different hosts for, and what is no URL. */
test.each([
  'https://user@example.com/',
  'https://user:secret@example.com/',
  'https://example.com@evil.com/',
  'https://example.com:80@evil.com/',
  'https://example.com\\@evil.com/',
  'https://evil.com\\.example.com/',
  'https://example.com?@evil.com',
  'https://example.com#@evil.com',
  'https://example.com./',
  'http://exam\tple.com/',
  'http://example.com/\n',
  ' http://example.com/',
  'http://example.com/ ',
  'http://ex%61mple.com/',
  'http://\uff45xample.com/',
  'http://example\u3002com/',
  'http://bu\u0308cher.example/',
  'http://faß.de/',
  'http://exam\u200dple.com/',
  'http:example.com',
  'http:/example.com',
  'http:///example.com',
  '//example.com/',
  'example.com',
  'javascript://example.com/',
  'file://example.com/etc',
  'http://127.1/',
  'http://0x7f.0.0.1/',
  'http://0177.0.0.1/',
  'http://2130706433/',
  'http://127.0.0.1./',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::7f00:1]/',
  'http://example.com:99999/',
  'http://example.com:80:80/',
  '',
])('nobody can tell which host %j is of', (text) => {
  expect(isOfHost(text, HOSTS)).toBeUndefined();
});

test.each(['', 'a b', 'http://a', '[::zz]', 'a/b', 'user@a', 'é[é].com'])('%j is no host', (source) => {
  expect(parseHostPattern(source)).toBeUndefined();
});

it('agrees with WHATWG wherever it is certain, whatever is put together', () => {
  const piece = fc.constantFrom(
    'example.com',
    'evil.com',
    '@',
    ':',
    '80',
    '/',
    '\\',
    '?',
    '#',
    '.',
    '%2f',
    '//',
    'a',
    '[::1]',
    '\t',
  );
  const scheme = fc.constantFrom('http://', 'https://', 'http:', 'https:/', 'ftp://', 'HTTP://');
  fc.assert(
    fc.property(scheme, fc.array(piece, { maxLength: 6 }), (start, pieces) => {
      const text = start + pieces.join('');
      const truth = isOfHost(text, patterns('example.com'));
      if (truth === undefined) return;
      const url = new URL(text);
      expect(url.hostname === 'example.com').toBe(truth);
      expect(url.username + url.password).toBe('');
      // RFC 3986, as readers that know nothing of WHATWG have it.
      expect(/^[^:]+:\/\/(?:[^/?#]*@)?([^/?#:]*)/.exec(text)?.[1]?.toLowerCase() === 'example.com').toBe(truth);
    }),
    { numRuns: 5000 },
  );
});
