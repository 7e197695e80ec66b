/** Evidence for tools besides their words: by document id, in units of the best score that words gave (rank.ts). */
import type { Suggestion } from '../usage/learn-usage.ts';
import type { IndexedDocument } from './search-index.ts';

export type Evidence = ReadonlyMap<number, number>;

/** Tools that can be near; the farthest of them counts nothing. */
const NEAR = 100;
/** The share of the nearest tool. More finds more where questions want one tool, and less where they want several. */
const NEAREST = 0.75;
/** The share of a tool that was used after the same question many times: enough to be first whatever its words are. */
const PROVEN = 3;

/**
 * The nearest by meaning, from the farthest of them at 0 to the nearest: how far apart similarities lie differs from model
 * to model, their order and their proportions do not.
 * @param nearness of each document, by position; undefined where it is not known
 */
export function evidenceOfMeaning(
  documents: readonly IndexedDocument[],
  nearness: readonly (number | undefined)[],
): Map<number, number> {
  const known = documents.flatMap(({ id }, at) => {
    const near = nearness[at];
    return near === undefined ? [] : [{ id, near }];
  });
  const nearest = known.sort((a, b) => b.near - a.near).slice(0, NEAR);
  const most = nearest[0]?.near ?? 0;
  const range = most - (nearest.at(-1)?.near ?? 0);
  return new Map(nearest.map(({ id, near }) => [id, range === 0 ? 0 : NEAREST * (1 - (most - near) / range)] as const));
}

/** Adds what use speaks for. @param servers what the agent may use */
export function addUse(
  evidence: Map<number, number>,
  suggestions: readonly Suggestion[],
  servers: ReadonlyMap<string, { readonly documents: readonly IndexedDocument[] }>,
): void {
  for (const { server, tool, strength } of suggestions) {
    const document = servers.get(server)?.documents.find(({ name }) => name === tool);
    if (document === undefined) continue;
    evidence.set(document.id, (evidence.get(document.id) ?? 0) + PROVEN * strength);
  }
}
