import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createToken, isTokenShaped, loadOrCreateToken } from './generated-token.ts';

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

it.each([0o644, 0o666, 0o640, 0o604])('a token file of mode %o is closed to others, and its owner told', (mode) => {
  const folder = mkdtempSync(join(tmpdir(), 'token-'));
  const file = join(folder, 'token');
  writeFileSync(file, `${createToken()}\n`);
  chmodSync(file, mode);
  expect(loadOrCreateToken(file)).toMatchObject({ created: false, wasOpen: true });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(loadOrCreateToken(file)).toMatchObject({ created: false, wasOpen: false });
  rmSync(folder, { recursive: true });
});
