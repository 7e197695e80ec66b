import { expect, it } from 'vitest';
import { isUrl, parseUrl } from './parse-url.ts';

it.each(['http://bücher.example/', 'file:///tmp/é', 'http://日本.example/', 'https://example.com/'])(
  '%s is a URL however often somebody asks',
  (text) => {
    for (let times = 0; times < 20_000; times++) if (!isUrl(text)) expect.unreachable(`the ${times}th time`);
  },
);

it('what is none, and what is one on a base', () => {
  expect(['', 'x', '//x', 'http://[', 'http://a b/'].map((text) => parseUrl(text))).toEqual(Array(5).fill(undefined));
  expect(parseUrl('b?c', 'http://a/x/')?.href).toBe('http://a/x/b?c');
});
