/** Keys for one purpose each, derived from the key of the stored sign-ins: made at the first use, and the same after a restart. */
import { hkdfSync } from 'node:crypto';
import { join } from 'node:path';
import { makeFolder } from '../shared/make-folder.ts';
import { KEY_BYTES } from './encryption.ts';
import { systemKeychain } from './keychain.ts';
import { createKeySource } from './secret-key.ts';
import type { Settings } from './settings.ts';
import { stateKeysFor } from './state-keys.ts';

type KeySettings = Pick<Settings, 'configDir' | 'secretKey' | 'keychain' | 'stateKeys'>;

/**
 * The keys of what callers carry: those that several gateways share, else the one of this installation.
 * @throws as `derivedKey`
 */
export async function handleKeys(settings: KeySettings, purpose: string): Promise<readonly Uint8Array[]> {
  const shared = stateKeysFor(settings, purpose);
  return shared.length > 0 ? shared : [await derivedKey(settings, purpose)];
}

/** @throws GatewayError CREDENTIALS_UNREADABLE where there is a key that cannot be read, or the error of a folder that cannot be written */
async function derivedKey({ configDir, secretKey, keychain }: KeySettings, purpose: string): Promise<Uint8Array> {
  const dir = join(configDir, 'credentials');
  if (secretKey === undefined) makeFolder(dir);
  const source = createKeySource({
    dir,
    given: secretKey,
    keychain: keychain ? systemKeychain : async () => undefined,
  });
  const { bytes } = await source();
  return new Uint8Array(hkdfSync('sha256', bytes, '', `agent-mcp-gateway ${purpose}`, KEY_BYTES));
}
