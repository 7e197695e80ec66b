/** The definitions that one connection lists now, of one kind. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { DefinitionKind, UpstreamConnection } from '../../upstream/contract.ts';
import { fetchTools, type ToolList } from '../fetch-tools.ts';
import { fetchOffers, type Offers } from '../prompts-and-resources.ts';
import { shapedOffers, shapedTools } from '../shaped-lists.ts';

const PAGE_TIMEOUT_MS = 30_000;

export const DEFINITION_KINDS: readonly DefinitionKind[] = ['tool', 'prompt', 'template', 'skill'];

/** Members that definitions of all kinds have. */
export interface Definition {
  /** JSON text. */
  readonly raw: string;
  /** Its digest. */
  readonly hash: string;
  /** That of the server, where agents see another one. */
  readonly original?: { readonly raw: string } | undefined;
}

/** By name of a tool or prompt, or by URI template or URI of a skill. */
export type Definitions = ReadonlyMap<string, Definition>;

export function definitionsOf(list: ToolList | Offers): Definitions {
  return 'byName' in list ? list.byName : list.byKey;
}

/** As agents see them. @throws GatewayError SERVER_UNAVAILABLE, TIMEOUT */
export async function fetchDefinitions(
  server: ServerDefinition,
  connection: UpstreamConnection,
  kind: DefinitionKind,
): Promise<ToolList | Offers> {
  const { name, link } = server;
  // Entries left out of a list are told where the catalogue fetches it.
  const options = { server: name, timeoutMs: PAGE_TIMEOUT_MS, warn: () => undefined };
  if (kind === 'tool') {
    return shapedTools(server, await fetchTools(connection, { ...options, hasHeaders: link.transport !== 'stdio' }));
  }
  return shapedOffers(server, LISTS[kind], await fetchOffers(connection, LISTS[kind], options));
}

const LISTS = { prompt: 'prompts', template: 'templates', skill: 'skills' } as const;
