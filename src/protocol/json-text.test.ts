import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonString } from './json-text.ts';

it('writes every text as JSON.stringify does', () => {
  for (const text of ['', 'tools/call', 'a"b', 'a\\b', ' !#[]~', '\u007f', '\n', 'ü', '\ud800', '\u2028']) {
    expect(jsonString(text)).toBe(JSON.stringify(text));
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
      expect(jsonString(text)).toBe(JSON.stringify(text));
    }),
  );
});
