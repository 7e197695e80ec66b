/** What the benchmark measures, behind one import. */

export { createEndpoint } from '../../src/catalog/embeddings/embeddings-endpoint.ts';
export { similarity } from '../../src/catalog/embeddings/vector.ts';
export { KeptDirections } from '../../src/catalog/meaning/kept-directions.ts';
export { MeaningModel } from '../../src/catalog/meaning/meaning-model.ts';
export { evidenceOfMeaning } from '../../src/catalog/search/evidence.ts';
export { Meaning } from '../../src/catalog/search/meaning.ts';
export { rank } from '../../src/catalog/search/rank.ts';
export { SearchIndex } from '../../src/catalog/search/search-index.ts';
export { createScope } from '../../src/catalog/search/search-scope.ts';
export { Searcher } from '../../src/catalog/search/searcher.ts';
export { documentOf, meaningOf } from '../../src/catalog/search/tool-document.ts';
export { readToolsPage } from '../../src/catalog/tool-entry.ts';
