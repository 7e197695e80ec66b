import { join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import type { Log } from '../contract.ts';
import type { CredentialStore } from './credential-key.ts';
import { createCredentialStore } from './credential-store.ts';
import { systemKeychain } from './keychain.ts';

/** The credentials of this account, as the settings of the process say. */
export function openCredentials({ configDir, secretKey, keychain }: Settings, log: Log): CredentialStore {
  return createCredentialStore({
    dir: join(configDir, 'credentials'),
    given: secretKey,
    keychain: keychain ? systemKeychain : async () => undefined,
    onProblem: (problem) => log.warn({ problem }, 'a stored sign-in is left out'),
  });
}
