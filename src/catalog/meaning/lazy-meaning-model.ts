/** Loads the model of meaning when somebody first searches. Where that fails, words alone find tools. */
import type { Log } from '../../upstream/contract.ts';
import type { MeaningModel } from './meaning-model.ts';

export function lazyMeaningModel(log: Log): () => Promise<MeaningModel | undefined> {
  let loading: Promise<MeaningModel | undefined> | undefined;
  return () => {
    loading ??= import('./load-meaning.ts')
      .then(({ loadMeaning }) => loadMeaning())
      .catch((error: unknown) => {
        log.warn({ err: error }, 'words alone find tools: the table of meanings could not be loaded');
        return undefined;
      });
    return loading;
  };
}
