/** What the benchmark measures, behind one import. */
export { createSearchIndex } from '../../src/catalog/search/index.ts';
export { rank } from '../../src/catalog/search/rank.ts';
export { createScope } from '../../src/catalog/search/scope.ts';
