import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KEY_BYTES, keyId } from '../../config/encryption.ts';
import type { SecretKey } from '../../config/secret-key.ts';
import type { CredentialKey } from './credential-contract.ts';
import {
  CREDENTIAL_FILE,
  credentialFileName,
  readCredentialKey,
  sealCredential,
  unsealCredential,
} from './credential-file.ts';

const KEY: CredentialKey = { issuer: 'https://id.example.com', resource: 'https://mcp.example.com/', owner: '' };
const VALUE = { access: 'canary', n: 1 };

function secretKey(byte: number): SecretKey {
  const bytes = new Uint8Array(KEY_BYTES).fill(byte);
  return { bytes, id: keyId(bytes), source: 'the test' };
}

const open = (text: string, key = KEY, byte = 1): Promise<unknown> =>
  unsealCredential('/path', text, key, async () => secretKey(byte));

describe('the file of a credential', () => {
  it('has a name of its own', () => {
    const part = fc.string({ maxLength: 5 });
    const key = fc.record({ issuer: part, resource: part, owner: part });
    fc.assert(
      fc.property(key, key, (one, other) => {
        expect(credentialFileName(one)).toMatch(CREDENTIAL_FILE);
        const isSame = JSON.stringify(Object.values(one)) === JSON.stringify(Object.values(other));
        expect(credentialFileName(one) === credentialFileName(other)).toBe(isSame);
      }),
    );
  });

  it('is opened with its key, and says without it what it is about', async () => {
    const text = sealCredential({ ...KEY, more: 1 } as CredentialKey, VALUE, secretKey(1));
    expect(await open(text)).toEqual(VALUE);
    expect(text).not.toContain('canary');
    expect(readCredentialKey(credentialFileName(KEY), text)).toEqual(KEY);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['is cut', (text) => text.slice(0, -20), /is damaged/],
    ['is of another version', (text) => text.replace('"version":1', '"version":2'), /is damaged/],
    [
      'was changed',
      (text) => text.replace(/"data":"(.)/, (_, first) => `"data":"${first === 'A' ? 'B' : 'A'}`),
      /is damaged/,
    ],
    ['is about somebody else', (text) => text.replace('"principal":""', '"principal":"bob"'), /is damaged/],
    ['has another key', (text) => text.replace(/"key":"./, '"key":"_'), /encrypted with another key than the test/],
  ])('is refused where it %s', async (_what, change, message) => {
    const text = change(sealCredential(KEY, VALUE, secretKey(1)));
    await expect(open(text)).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringMatching(message),
    });
  });

  it('cannot stand in for another one', async () => {
    const text = sealCredential(KEY, VALUE, secretKey(1));
    await expect(open(text, { ...KEY, owner: 'bob' })).rejects.toThrow('is damaged');
    await expect(open(text, KEY, 2)).rejects.toThrow('encrypted with another key');
    expect(readCredentialKey(credentialFileName({ ...KEY, owner: 'bob' }), text)).toBeUndefined();
    expect(readCredentialKey(credentialFileName(KEY), '[]')).toBeUndefined();
  });
});
