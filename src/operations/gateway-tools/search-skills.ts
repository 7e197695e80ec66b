/** Skills that fit a question, beside the tools that do: agents read them as resources. */
import { briefOf } from '../../catalog/render-tool.ts';
import type { ListedServer } from '../../catalog/search/indexed-servers.ts';
import { searchedSkills } from '../../catalog/search/searched-skills.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { ToolContext } from '../operation.ts';
import { exposedUri } from '../server-methods/exposed-uris.ts';

/** Skills of one answer. */
const MAX_SKILLS = 5;

interface SkillSearch {
  readonly query: string;
  readonly limit: number;
  /** The servers that the agent may use. */
  readonly visible: readonly ServerDefinition[];
  /** Names who searches, and where. */
  readonly who: string;
}

/** JSON texts of the skills, best first. Looks only at what the caller may use, of servers that were listed. */
export async function foundSkills(
  { catalog, snapshot, decide, signal }: ToolContext,
  { query, limit, visible, who }: SkillSearch,
): Promise<readonly string[]> {
  const lists = await Promise.all(visible.map((server) => catalog.skillsToSearch(server, signal)));
  const servers = visible.flatMap(({ name, description }, at): ListedServer[] => {
    const entries = searchedSkills(lists[at] ?? []);
    return entries.length === 0 ? [] : [{ name, description, entries }];
  });
  if (servers.length === 0) return [];
  const found = await catalog.skillSearcher.search({
    query,
    limit: Math.min(limit, MAX_SKILLS),
    servers,
    policy: snapshot.policy,
    who,
    permitted: (server, uri) => decide(server, uri, 'skill').allowed,
    embeddings: snapshot.search.embeddings,
    signal,
  });
  return found.map(({ server, entry }) =>
    JSON.stringify({ server, uri: exposedUri(server, entry.name), purpose: briefOf(entry).purpose }),
  );
}
