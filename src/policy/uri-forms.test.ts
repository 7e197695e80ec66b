import { expect, it } from 'vitest';
import { compile } from './compile-rules.ts';
import { otherFormsOf } from './uri-forms.ts';

const policy = compile({
  agents: {
    denied: {
      allow: { servers: ['*'] },
      deny: { resources: { docs: ['file:///secret/*', 'db://prod/*', '*/note.txt'] } },
    },
    allowed: { allow: { servers: ['*'], resources: { docs: ['https://Example.com', 'file:///public/*'] } } },
  },
});
const isDenied = (agent: string, uri: string): boolean => !policy.decide(agent, 'docs', uri, 'resource').allowed;

it.each([
  'file:///secret/b',
  'FILE:///secret/b',
  'file://localhost/secret/b',
  'file:////secret/b',
  'file:///secret//b',
  'file:///public/../secret/b',
  'file:///public/%2e%2e/secret/b',
  'file:///public/%252e%252e/secret/b',
  'file:///public\\..\\secret\\b',
  'file:///s%65cret/b',
  'file:///s\tecret/b',
  'file:///secret%2Fb',
  'db://PROD/x',
  'db://user@prod/x',
  'db://prod:5432/x',
  'file://host/secret/b',
  'file://127.0.0.1/secret/b',
  'file://localhost./secret/b',
  'file:///secret;x/b',
  'file:///secret%3Bv=1/b',
  'file:///sec%E2%80%8Bret/b',
  'file:///s%C2%ADe%E2%80%8Dcret/b',
  'file:///%EF%BD%93ecret/b',
  'db://prod./x',
  'db://PROD.:1/x',
  'file:///a/note.txt/',
  'file:///a/note.txt?x',
  'file:///a/note.txt#x',
])('what is denied is denied under the spelling %j too', (uri) => {
  expect(isDenied('denied', uri)).toBe(true);
});

it('allows are about the URI as it is spelled', () => {
  expect(isDenied('allowed', 'https://Example.com')).toBe(false);
  expect(isDenied('allowed', 'https://example.com/')).toBe(true);
  expect(isDenied('allowed', 'file:///public/a')).toBe(false);
  expect(isDenied('denied', 'file:///public/a')).toBe(false);
});

it('has nothing to add to what has one spelling, nor to templates', () => {
  for (const uri of ['file:///public/a', 'db://host/x', 'file:///{+path}', '{+uri}', 'insights']) {
    expect(otherFormsOf(uri)).toEqual([]);
  }
});
