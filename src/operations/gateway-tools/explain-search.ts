/** A search that says why it finds what it finds: for the owner at a shell, under the rules of an agent. No agent is shown it. */
import type { ExplainedTool, SearchExplanation } from '../../catalog/search/explain-hits.ts';
import type { GatewayTool, ToolAnswer, ToolContext } from '../operation.ts';
import { textAnswer } from '../tool-answer.ts';
import { prepareSearch, type Search } from './prepare-search.ts';
import { readSearch, searchTools } from './search-tools.ts';

/** An explained search, as JSON. */
export interface ExplainedSearch extends Omit<SearchExplanation, 'tools'> {
  readonly agent: string;
  readonly tools: readonly ExplainedTool[];
  /** The servers that were not searched, by reason. */
  readonly not_searched?: Readonly<Record<string, readonly string[]>>;
}

/** One after the last digit of numbers that are told. */
const DIGITS = 10_000;

/** Counts and is recorded as a search. Nothing is learned from it. */
export const explainSearch: GatewayTool = {
  ...searchTools,
  read(args) {
    const search = readSearch(args);
    return { ...searchTools.read(args), run: (context) => explain(context, search) };
  },
};

async function explain(context: ToolContext, search: Search): Promise<ToolAnswer> {
  const { catalog, caller } = context;
  const { request, missing, unlisted } = await prepareSearch(context, search);
  const explanation = await catalog.searcher.explain(request);
  catalog.listSoon(unlisted);
  const text = JSON.stringify({ agent: caller.agent, ...explanation }, rounded);
  return textAnswer(missing.size > 0 ? `${text.slice(0, -1)},"not_searched":${missing.text}}` : text);
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value * DIGITS) / DIGITS : value;
}
