/** The labels that this gateway's callers carry, for commands: in files, or at the store of several gateways. */
import type { Settings } from '../config/settings.ts';
import { stateKeysFor } from '../config/state-keys.ts';
import { createMetrics } from '../observe/metrics.ts';
import { flowFolder, LabelFiles, type LabelPlace } from '../pipeline/flow/label-files.ts';
import { VERSION } from '../shared/version.ts';

const QUIET = { info: () => undefined, warn: () => undefined };

/** @throws GatewayError STORE_UNAVAILABLE, USAGE */
export async function withLabels<T>(settings: Settings, use: (place: LabelPlace) => Promise<T>): Promise<T> {
  if (settings.store === undefined) return use(new LabelFiles(flowFolder(settings.cacheDir)));
  const [{ openShared }, { StoreLabels }] = await Promise.all([
    import('../gateway/open-shared.ts'),
    import('../pipeline/flow/store-labels.ts'),
  ]);
  // A lease of nothing: it is no gateway.
  const store = await openShared(settings, { log: QUIET, metrics: createMetrics({ version: VERSION }), leaseMs: 0 });
  try {
    return await use(new StoreLabels(store, stateKeysFor(settings, 'store')));
  } finally {
    await store.close();
  }
}
