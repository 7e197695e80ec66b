/** What the benchmark measures, behind one import. */
export { meaningOf } from '../../src/catalog/search/document.ts';
export { evidenceOfMeaning } from '../../src/catalog/search/evidence.ts';
export { createSearchIndex } from '../../src/catalog/search/index.ts';
export { rank } from '../../src/catalog/search/rank.ts';
export { createScope } from '../../src/catalog/search/scope.ts';
export { createEndpoint } from '../../src/catalog/vectors/endpoint.ts';
export { similarity } from '../../src/catalog/vectors/vector.ts';
