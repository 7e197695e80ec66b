import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fitsTemplate, parseTemplate } from './uri-template.ts';

function fits(uri: string, text: string, effort = 1e9): boolean {
  const template = parseTemplate(text);
  return template !== undefined && fitsTemplate(uri, template, { left: effort });
}

it.each([
  ['file:///{path}', 'file:///a'],
  ['file:///{path}', 'file:///a%20b'],
  ['file:///{+path}', 'file:///a/b/c'],
  ['docs://{path*}', 'docs://a/b/c'],
  ['docs://{path*}/end', 'docs://a/end/end'],
  ['repo://{owner}/{repo}/contents{/path*}', 'repo://a/b/contents/c/d'],
  ['repo://{owner}/{repo}/contents{/path*}', 'repo://a/b/contents'],
  ['repo://x{/name}', 'repo://x/a'],
  ['search://notes{?q,limit}', 'search://notes?q=a&limit=2'],
  ['search://notes{?q,limit}', 'search://notes'],
  ['search://notes?a=b{&q}', 'search://notes?a=b&q=c'],
  ['x://a{.format}', 'x://a.json'],
  ['x://a{;v}', 'x://a;v=1'],
  ['x://a{#part}', 'x://a#b/c?d'],
  ['note://café/{id}', 'note://caf%C3%A9/1'],
  ['{+uri}', 'anything://at/all'],
  ['x://{a:3}/{b.c}/{d%20e}', 'x://abc/1/2'],
  ['x://{a,b}', 'x://1,2'],
])('%s: %s is an expansion', (template, uri) => {
  expect(fits(uri, template)).toBe(true);
});

it.each([
  ['file:///{path}', 'file:///a/b'],
  ['file:///{path}', 'file:///'],
  ['file:///{path}', 'file:///a?b'],
  ['file:///{path}', 'file:///a#b'],
  ['file:///{path}', 'xfile:///a'],
  ['file:///public/{+path}', 'file:///secret/a'],
  ['repo://x{/name}', 'repo://x/a/b'],
  ['repo://x{/path*}', 'repo://x/a?b'],
  ['search://notes{?q}', 'search://notesq=a'],
  ['search://notes{?q}', 'search://notes?q=a#b'],
  ['x://{a}/end', 'x://b/endless'],
  ['x://{a', 'x://{a'],
  ['x://a}', 'x://a}'],
  ['x://{}', 'x://a'],
  ['x://{!a}', 'x://a'],
  [`x://{a}${'y'.repeat(3_000)}`, `x://b${'y'.repeat(3_000)}`],
])('%s: %s is none', (template, uri) => {
  expect(fits(uri, template)).toBe(false);
});

it('agrees with the regular expression that the template stands for', () => {
  const letter = fc.constantFrom('a', 'b', '/', '.');
  const literal = fc.string({ unit: letter, minLength: 1, maxLength: 3 });
  const expression = fc.constantFrom('{v}', '{+v}', '{/v}', '{/v*}', '{.v}', '{v*}');
  const pattern = new Map([
    ['{v}', '[^/?#]+'],
    ['{+v}', '.+'],
    ['{/v}', '(?:/[^/?#]*)?'],
    ['{/v*}', '(?:/[^?#]*)?'],
    ['{.v}', '(?:\\.[^/?#]*)?'],
    ['{v*}', '[^?#]+'],
  ]);
  const parts = fc.array(fc.oneof(literal, expression), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(parts, fc.string({ unit: letter, maxLength: 8 }), (template, uri) => {
      const source = template.map((part) => pattern.get(part) ?? part.replace(/\./g, '\\.')).join('');
      expect(fits(uri, template.join(''))).toBe(new RegExp(`^${source}$`, 's').test(uri));
    }),
  );
});

it('takes no more steps than it may', () => {
  const template = parseTemplate('{+a}x'.repeat(20)) ?? [];
  const effort = { left: 100_000 };
  expect(fitsTemplate('x'.repeat(8_000), template, effort)).toBe(false);
  expect(effort.left).toBeLessThan(0);
  expect(effort.left).toBeGreaterThan(-20_000);
});
