/**
 * Questions in other languages than those of the tools: is one of them worse off with meaning than with words alone? The questions are
 * written for this; the tools are those of the real servers of `bench:tokens`. Nothing is tuned on them.
 */
import { readFileSync } from 'node:fs';
import { load } from '../bundle.mjs';
import { realServers } from '../tokens/servers.mjs';
import { measure } from './figures.mjs';
import { gateway } from './methods.mjs';

const { documentOf, readToolsPage } = await load('bench/search/gateway.ts');

const LANGUAGES = ['de', 'fr', 'es', 'zh', 'ja'];

/** @returns figures by language and method */
export async function languages() {
  const questions = JSON.parse(readFileSync(new URL('languages.json', import.meta.url), 'utf8'));
  const tools = (await realServers()).flatMap(toolsOf);
  const known = new Set(tools.map(({ id }) => id));
  for (const { rel } of questions)
    for (const id of rel) if (!known.has(id)) throw new Error(`The servers have no tool ${id} any more.`);
  return LANGUAGES.flatMap((set) => {
    const queries = questions.map((one) => ({ q: one[set], rel: one.rel }));
    return [
      { set, method: 'gateway', ...measure(queries, gateway(tools)) },
      { set, method: 'gateway, words alone', ...measure(queries, gateway(tools, { meaning: false })) },
    ];
  });
}

function toolsOf({ name: server, tools }) {
  const about = { name: server, description: undefined };
  return readToolsPage(tools, false).tools.map((entry) => {
    const [name, , description, params] = documentOf(about, entry).fields;
    return { id: `${server}/${entry.name}`, server, name, title: entry.title ?? entry.name, description, params };
  });
}
