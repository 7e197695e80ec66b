/** What knows the meanings of texts, loaded where somebody configured it: few do. */
import type { Log } from '../../downstream/types.ts';
import type { Meanings } from './meanings.ts';

export function meaningsWhenUsed({ cacheDir, log }: { readonly cacheDir: string; readonly log: Log }): Meanings {
  let loaded: Promise<Meanings> | undefined;
  const load = (): Promise<Meanings> => {
    loaded ??= import('./meanings.ts').then(({ createMeanings, vectorsDir }) =>
      createMeanings({ folder: vectorsDir(cacheDir), log }),
    );
    return loaded;
  };
  return {
    compare: async (...about) => (await load()).compare(...about),
    use(definition) {
      if (definition !== undefined || loaded !== undefined) void load().then((meanings) => meanings.use(definition));
    },
    close: async () => (await loaded)?.close(),
  };
}
