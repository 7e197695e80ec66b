/** Loads the search when there is something to search: a gateway answers its first message without it. */
import type { Searcher } from './searcher.ts';

/** A searcher that is loaded when there is something to search. */
export type LazySearcher = Pick<Searcher, keyof Searcher>;

/** @param about what `Searcher` is made of */
export function lazySearcher(...about: ConstructorParameters<typeof Searcher>): LazySearcher {
  let loaded: Promise<Searcher> | undefined;
  const load = (): Promise<Searcher> => {
    loaded ??= import('./searcher.ts').then(({ Searcher }) => new Searcher(...about));
    return loaded;
  };
  return {
    // In this order: what is forgotten later was learned before.
    learn: (server) => void load().then((searcher) => searcher.learn(server)),
    retain: (names) => void loaded?.then((searcher) => searcher.retain(names)),
    search: async (request) => (await load()).search(request),
    explain: async (request) => (await load()).explain(request),
  };
}
