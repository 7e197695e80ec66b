/** What the benchmark measures, behind one import. */

export { estimateTokens } from '../../src/catalog/estimate-tokens.ts';
export { MeaningModel } from '../../src/catalog/meaning/meaning-model.ts';
export { renderTool } from '../../src/catalog/render-tool.ts';
export { Searcher } from '../../src/catalog/search/searcher.ts';
export { readToolsPage } from '../../src/catalog/tool-entry.ts';
export { definitionsShown } from '../../src/operations/gateway-tools/executor-choice.ts';
export { gatewayTools } from '../../src/operations/gateway-tools/gateway-tools.ts';
export { readArguments } from '../../src/operations/gateway-tools/read-arguments.ts';
export { scanObject } from '../../src/protocol/scan.ts';
