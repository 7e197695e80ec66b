/** Opens the store of several gateways, if its settings go together. Loaded where there is one. */
import type { Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import { openStore, type RedisStoreOptions } from '../store/redis-store.ts';
import type { SharedStore } from '../store/shared-store.ts';

/** @throws GatewayError STORE_UNAVAILABLE, USAGE */
export async function openShared(
  { store: url = '', stateKeys }: Pick<Settings, 'store' | 'stateKeys'>,
  options: Omit<RedisStoreOptions, 'url'>,
): Promise<SharedStore> {
  if (stateKeys.length === 0) {
    throw new GatewayError(
      'USAGE',
      'GATEWAY_STORE needs GATEWAY_STATE_KEY, which seals what is in the store: "openssl rand -base64 32" makes one.',
    );
  }
  return openStore({ ...options, url });
}
