/** What the benchmark measures, behind one import. */
export { readToolsPage } from '../../src/catalog/entry.ts';
export { renderTool } from '../../src/catalog/render.ts';
export { createSearcher } from '../../src/catalog/search/searcher.ts';
export { estimateTokens } from '../../src/catalog/tokens.ts';
export { scanObject } from '../../src/protocol/scan.ts';
export { gatewayTools } from '../../src/tools/all.ts';
export { readArguments } from '../../src/tools/arguments.ts';
