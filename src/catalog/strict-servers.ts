/** Servers that end at the first request that is not `initialize`, by entry: the next gateway starts them once, without a probe. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { StrictServers } from '../upstream/contract.ts';
import { openSharedFile } from './shared-file.ts';

const MAX_SERVERS = 1_000;

/** @param failed told where it cannot be written down: then they are probed again. */
export function openStrictServers(cacheDir: string, failed: (error: unknown) => void): StrictServers {
  const file = openSharedFile<ReadonlySet<string>>(join(cacheDir, 'strict-servers.json'), {
    parse,
    print: (ids) => `${JSON.stringify([...ids].slice(-MAX_SERVERS))}\n`,
  });
  return {
    has: async (key) => (await file.read()).has(idOf(key)),
    async note(key, isStrict) {
      const id = idOf(key);
      try {
        await file.update((ids) => {
          if (ids.has(id) === isStrict) return ids;
          return new Set(isStrict ? [...ids, id] : [...ids].filter((one) => one !== id));
        });
      } catch (error) {
        failed(error);
      }
    },
  };
}

function parse(text: string): ReadonlySet<string> {
  try {
    const ids: unknown = JSON.parse(text);
    return new Set(Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []);
  } catch {
    return new Set();
  }
}

/** The key of an entry depends on its secrets. */
function idOf(key: string): string {
  return createHash('sha256').update(`strict ${key}`).digest('hex').slice(0, 32);
}
