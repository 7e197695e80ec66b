/** Loads the embedding index where somebody configured it: few do. */
import type { Log } from '../../upstream/contract.ts';
import type { EmbeddingIndex } from './embedding-index.ts';

export function lazyEmbeddingIndex({
  cacheDir,
  log,
}: {
  readonly cacheDir: string;
  readonly log: Log;
}): Pick<EmbeddingIndex, keyof EmbeddingIndex> {
  let loaded: Promise<EmbeddingIndex> | undefined;
  const load = (): Promise<EmbeddingIndex> => {
    loaded ??= import('./embedding-index.ts').then(
      ({ EmbeddingIndex, vectorsDir }) => new EmbeddingIndex({ folder: vectorsDir(cacheDir), log }),
    );
    return loaded;
  };
  return {
    compare: async (...about) => (await load()).compare(...about),
    use(definition) {
      if (definition !== undefined || loaded !== undefined)
        void load().then((embeddings) => embeddings.use(definition));
    },
    close: async () => (await loaded)?.close(),
  };
}
