/** Tools and scopes for tests of the search. */

import { type RankOptions, rank } from './rank.ts';
import { type SearchDocument, SearchIndex } from './search-index.ts';
import { createScope } from './search-scope.ts';

export interface TestTool {
  readonly server: string;
  readonly name: string;
  readonly description?: string;
  readonly params?: string;
}

export function documentOf({ server, name, description = '', params = '' }: TestTool): SearchDocument {
  return { name, fields: [name, server, description, params, ''] };
}

export function indexOf(tools: readonly TestTool[]): SearchIndex {
  const index = new SearchIndex();
  for (const server of new Set(tools.map((tool) => tool.server))) {
    index.put(server, tools.filter((tool) => tool.server === server).map(documentOf));
  }
  return index;
}

/** The result of a search over the permitted tools: `server/name`, best first. */
export function found(
  index: SearchIndex,
  servers: readonly string[],
  query: string,
  options: Partial<RankOptions> = {},
  permitted: (server: string, name: string) => boolean = () => true,
): string[] {
  const lists = servers.map(
    (server) => [server, index.of(server).filter(({ name }) => permitted(server, name))] as const,
  );
  const hits = rank(index, createScope(index, new Map(lists)), query, { limit: 5, ...options });
  return hits.map(
    ({ document, score }) => `${document.server}/${document.name}${options.limit === 99 ? ` ${score}` : ''}`,
  );
}
