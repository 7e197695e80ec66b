import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { stateKeysFor, toldVersion } from './state-keys.ts';

const one = randomBytes(32);
const other = randomBytes(32);

test('a key has one key for each purpose', () => {
  const stateKeys = [one, other];
  expect(stateKeysFor({ stateKeys }, 'a')).toEqual(stateKeysFor({ stateKeys }, 'a'));
  expect(stateKeysFor({ stateKeys }, 'a')).not.toEqual(stateKeysFor({ stateKeys }, 'b'));
});

test('the version that is told is the same for the same key and files, and none without a key', () => {
  const told = toldVersion({ stateKeys: [one] }, 'files');
  expect(told).toMatch(/^[0-9a-f]{16}$/);
  expect(toldVersion({ stateKeys: [one, other] }, 'files')).toBe(told);
  expect(toldVersion({ stateKeys: [one] }, 'other files')).not.toBe(told);
  expect(toldVersion({ stateKeys: [other] }, 'files')).not.toBe(told);
  expect(toldVersion({ stateKeys: [] }, 'files')).toBeUndefined();
});
