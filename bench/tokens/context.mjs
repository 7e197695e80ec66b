/** Calls the gateway's own tools over lists that are already there: exactly the text that an agent gets. */
import { readFileSync } from 'node:fs';
import { load } from '../bundle.mjs';

const { MeaningModel, Searcher, gatewayTools, readArguments, scanObject } = await load('bench/tokens/gateway.ts');

const table = (name) => readFileSync(new URL(`../../src/catalog/meaning/${name}`, import.meta.url));
const model = await MeaningModel.read(table('meaning.bin'), table('near-words.bin'));
const tools = new Map(gatewayTools({ debug: false }).map((tool) => [tool.name, tool]));

/** @returns calls a tool and gives the text of its result */
export function contextOf(configured) {
  const lists = new Map(configured.map((server) => [server.name, server]));
  const definitions = configured.map(({ name }) => [name, { name, description: undefined, timeoutMs: undefined }]);
  const context = {
    snapshot: {
      servers: new Map(definitions),
      broken: new Map(),
      agentTerms: new Map(),
      policy: { accessOf: (_server, _tool, said) => said },
      search: {},
    },
    caller: { agent: 'bench', ceiling: undefined },
    decide: () => ({ allowed: true, rule: '' }),
    catalog: {
      searcher: new Searcher({ compare: async () => undefined }, async () => ({ model })),
      listed: ({ name }) => lists.get(name).entries,
      listSoon: () => {},
      hasSkills: () => false,
      toolList: async ({ name }) => lists.get(name),
    },
    relay: { client: { name: () => undefined } },
    signal: new AbortController().signal,
    defaultTimeoutMs: 1000,
  };
  return async (name, args) => {
    const tool = tools.get(name);
    const text = JSON.stringify(args);
    const object = scanObject(text, {}, { maxDepth: 64, uniqueKeys: true });
    const known = Object.keys(tool.definition.inputSchema.properties);
    const answer = await tool.read(readArguments(name, known, text, object)).run(context, undefined);
    return JSON.parse(answer.body.text).content[0].text;
  };
}
