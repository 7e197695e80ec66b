import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createToken, isTokenShaped } from './token.ts';

it('tokens are found by a scanner: prefix, 256 bits in base 62, and a checksum that fits', () => {
  const seen = new Set<string>();
  for (let at = 0; at < 200; at++) {
    const token = createToken();
    seen.add(token);
    const [, secret = '', sum = ''] = /^amg_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/.exec(token) ?? [];
    const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
    const value = [...sum].reduce((number, digit) => number * 62 + digits.indexOf(digit), 0);
    expect(value).toBe(Number.parseInt(createHash('sha256').update(secret).digest('hex').slice(0, 8), 16));
    expect(isTokenShaped(token)).toBe(true);
  }
  expect(seen.size).toBe(200);
});
