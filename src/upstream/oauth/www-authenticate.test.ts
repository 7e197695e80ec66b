import { expect, test } from 'vitest';
import { covers, readChallenge, readChallengeFacts, unionOf } from './www-authenticate.ts';

const nothing = { resourceMetadata: undefined, scope: undefined, error: undefined };

test.each([
  [undefined, undefined],
  ['', undefined],
  ['Basic realm="x"', undefined],
  ['Bearer', nothing],
  ['bearer realm="a, b"', nothing],
  ['Bearer error="insufficient_scope", scope="a b"', { ...nothing, error: 'insufficient_scope', scope: 'a b' }],
  ['Basic realm="x", Bearer scope=read', { ...nothing, scope: 'read' }],
  ['Negotiate YII=, Bearer scope="r"', { ...nothing, scope: 'r' }],
  ['Bearer scope="r", Basic scope="no"', { ...nothing, scope: 'r' }],
  ['DPoP algs="ES256", error="use_dpop_nonce"', { ...nothing, error: 'use_dpop_nonce', isForProof: true }],
  ['Bearer scope="r", DPoP algs="ES256"', { ...nothing, scope: 'r' }],
  ['Bearer scope="a\\"b"', { ...nothing, scope: 'a"b' }],
  [
    'Bearer resource_metadata="https://x.example/.well-known/oauth-protected-resource/mcp"',
    { ...nothing, resourceMetadata: 'https://x.example/.well-known/oauth-protected-resource/mcp' },
  ],
  ['Bearer realm="resource_metadata=https://evil.example"', nothing],
])('reads %s', (header, expected) => {
  expect(readChallenge(header)).toEqual(expected);
});

test('a challenge crosses a process', () => {
  for (const header of ['Bearer scope="r"', 'DPoP resource_metadata="https://x.example/", error="invalid_token"']) {
    expect(readChallengeFacts(JSON.parse(JSON.stringify(readChallenge(header))))).toEqual(readChallenge(header));
  }
});

test('scopes are sets', () => {
  expect(unionOf('a b', undefined, ' b  c ')).toBe('a b c');
  expect(unionOf(undefined, ' ')).toBeUndefined();
  expect(covers('a', 'b a')).toBe(true);
  expect(covers('a c', 'b a')).toBe(false);
  expect(covers(undefined, undefined)).toBe(true);
});
