import { looksSecret } from '../config/secret-values.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { Catalog } from './catalog.ts';

type Named = Pick<Snapshot, 'servers' | 'policy' | 'principals'>;

/**
 * True if a word is a name of the configuration or of a tool that a server lists, with its server's name before it or without:
 * agents are told it, and no value of an entry makes it a secret. A tool that is called like a token is none.
 */
export function isPublicName(word: string, snapshot: Named, catalog?: Pick<Catalog, 'listed'>): boolean {
  const { servers, policy, principals } = snapshot;
  if (servers.has(word) || policy.agents.includes(word) || principals?.has(word) === true) return true;
  if (catalog === undefined || looksSecret(word)) return false;
  const at = word.indexOf('__');
  const server = at < 0 ? undefined : servers.get(word.slice(0, at));
  for (const definition of servers.values()) {
    const tools = catalog.listed(definition);
    if (tools?.some(({ name }) => name === word) === true) return true;
    if (definition === server && tools?.some(({ name }) => name === word.slice(at + 2)) === true) return true;
  }
  return false;
}
