/** `search test QUERY`: what an agent would find, and why in this order. */
import type { ExplainedTool } from '../catalog/search/explain-hits.ts';
import type { Settings } from '../config/settings.ts';
import { type ExplainedSearch, explainSearch } from '../operations/gateway-tools/explain-search.ts';
import { openClient } from './client.ts';
import { count } from './count.ts';
import { exitWhenRead, print, printJson, say } from './output.ts';
import { failureOf, type ToolResult, textOf } from './tool-result.ts';
import { wholeNumber } from './whole-number.ts';

/** Searches in all: those after the first one wait longer for servers that still start. */
const MAX_SEARCHES = 3;

interface Question {
  readonly query: string;
  /** As somebody wrote it. */
  readonly limit: string | undefined;
  readonly server: string | undefined;
  readonly json: boolean;
}

/** Searches as the agent of the settings, and prints the results with what each of them has from what. @throws GatewayError as a search */
export async function explained(settings: Settings, { query, limit, server, json }: Question): Promise<void> {
  const args = {
    query,
    ...(limit !== undefined && { limit: wholeNumber('--limit', limit, 1) }),
    ...(server !== undefined && { server }),
  };
  const client = await openClient(settings);
  try {
    let found: ExplainedSearch | undefined;
    for (let searches = 0; searches < MAX_SEARCHES; searches++) {
      const result = await client.run<ToolResult>(explainSearch, args);
      const failure = failureOf(result);
      if (failure !== undefined) throw failure;
      found = JSON.parse(textOf(result)) as ExplainedSearch;
      if (found.not_searched?.['starting'] === undefined) break;
    }
    if (found === undefined) return;
    if (json) printJson({ query, ...found });
    else printFound(found);
  } finally {
    await client.close();
  }
  await exitWhenRead();
}

function printFound(found: ExplainedSearch): void {
  for (const line of weightsOf(found)) print(line);
  for (const [at, tool] of found.tools.entries()) {
    print('');
    for (const line of linesOf(tool, at + 1)) print(line);
  }
  if (found.tools.length === 0) say('Nothing fits.');
  for (const [why, names] of Object.entries(found.not_searched ?? {}))
    say(`Not searched (${why.replaceAll('_', ' ')}): ${names.join(', ')}.`);
}

/** The shares of words and of meaning in this question. */
function weightsOf({ agent, model, best, weight }: ExplainedSearch): string[] {
  const lines = [`As agent ${agent}. The best score by words is ${number(best)}.`];
  if (model === 'none') lines.push('Only words decide: nothing is known about meaning.');
  if (model === 'embeddings') lines.push('Meaning is from the configured endpoint for embeddings.');
  if (weight?.share === 0)
    lines.push('Only words decide: the model of meaning does not know the language of the question.');
  else if (weight !== undefined)
    lines.push(
      `Meaning gives up to ${number(weight.share)} times as much: its model knows ${percent(weight.known)} of the ${count(weight.words, 'telling word')}.`,
    );
  return lines;
}

function linesOf(tool: ExplainedTool, place: number): string[] {
  const { score, rank, words, siblings, meaning, use, sentence } = tool;
  const also = tool.also_on.length === 0 ? '' : `, also on ${tool.also_on.join(', ')}`;
  const moved = rank === undefined || rank === place ? '' : `, ${ordinal(rank)} by score: earlier ones have its words`;
  const part = (name: string, points: number, more = ''): string[] =>
    Math.abs(points) < 0.005
      ? []
      : [
          `    ${name.padEnd(9)}${number(points).padStart(6)} ${percent(points / score).padStart(5)}  ${more}`.trimEnd(),
        ];
  const fields = Object.entries(words.fields).map(
    ([field, points]) => `${field.replaceAll('_', ' ')} ${number(points)}`,
  );
  const matches = words.matches.map(({ word, stem, how }) => (how === 'word' ? word : `${word} as ${stem} (${how})`));
  const complete = words.completeness < 0.995 ? `, times ${number(words.completeness)} for what it lacks` : '';
  const near = meaning.cosine === undefined ? '' : `cosine ${number(meaning.cosine)}`;
  return [
    `${place}. ${tool.server}/${tool.tool}${also}: ${number(score)}${moved}`,
    ...part('words', words.score, `${placeOf(words.rank)}in ${fields.join(', ')}; ${matches.join(', ')}${complete}`),
    ...part('siblings', siblings),
    ...part('meaning', meaning.score, `${placeOf(meaning.rank)}${near}`),
    ...part('use', use),
    ...part('sentence', sentence),
  ];
}

function placeOf(rank: number | undefined): string {
  return rank === undefined ? '' : `${ordinal(rank)}, `;
}

function ordinal(place: number): string {
  const ending = /1\d$/.test(String(place)) ? 'th' : (['th', 'st', 'nd', 'rd'][place % 10] ?? 'th');
  return `${place}${ending}`;
}

function number(value: number): string {
  return value.toFixed(2);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
