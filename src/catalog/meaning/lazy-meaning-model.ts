/** Loads the model of meaning when somebody first searches. Where that fails, words alone find tools. */
import { join } from 'node:path';
import type { Log } from '../../upstream/contract.ts';
import type { LoadedMeaning } from '../search/meaning.ts';
import type { KeptDirections } from './kept-directions.ts';

interface Loaded extends LoadedMeaning {
  readonly kept: KeptDirections;
}

export interface LazyMeaning {
  /** Undefined where it could not be loaded. Never rejects. */
  load(): Promise<LoadedMeaning | undefined>;
  /** Resolves when everything that is kept is written. */
  close(): Promise<void>;
}

/** @param cacheDir that of the settings */
export function lazyMeaningModel({ cacheDir, log }: { readonly cacheDir: string; readonly log: Log }): LazyMeaning {
  let loading: Promise<Loaded | undefined> | undefined;
  return {
    load() {
      loading ??= import('./load-meaning.ts')
        .then(({ loadKeptMeaning }) => loadKeptMeaning(join(cacheDir, 'meanings'), log))
        .catch((error: unknown) => {
          log.warn({ err: error }, 'only words find tools: the table of meanings could not be loaded');
          return undefined;
        });
      return loading;
    },
    close: async () => (await loading)?.kept.close(),
  };
}
