/** Finds tools across servers; looks only at what the caller may use. */
import { briefOf, type Detail, definitionText } from '../../catalog/render-tool.ts';
import type { ListedServer } from '../../catalog/search/indexed-servers.ts';
import type { FoundTool } from '../../catalog/search/searcher.ts';
import { accessOfTool } from '../../catalog/tool-access.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { ToolName } from '../../catalog/usage/learn-usage.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { VirtualServer } from '../../config/virtual/virtual-server.ts';
import { Absent, absenceOf } from '../missing-servers.ts';
import type { GatewayTool, ToolAnswer, ToolContext } from '../operation.ts';
import { textAnswer } from '../tool-answer.ts';
import { membersOf, virtualList } from '../virtual-tools.ts';
import { executorOf } from './executor-choice.ts';
import { inputSchema } from './input-schema.ts';
import { visibleServers } from './list-servers.ts';
import { readDetail } from './read-detail.ts';

const DEFAULT_LIMIT = 5;
const MAX_LIMIT = 50;
/** Servers that an empty result names. */
const MAX_NAMED = 30;
/** Servers that are named beside the first one of a definition. */
const MAX_COPIES = 3;

const PURPOSE = 'Start here: find tools by what you want to do.';

export const searchTools: GatewayTool = {
  name: 'search_tools',
  definition: {
    name: 'search_tools',
    description: `${PURPOSE} Results are enough for execute_tool.`,
    inputSchema: inputSchema(
      {
        query: { type: 'string' },
        limit: { type: 'integer', default: DEFAULT_LIMIT },
        server: { type: 'string' },
        detail: { type: 'string', enum: ['names', 'brief', 'full'] },
      },
      ['query'],
    ),
    annotations: { readOnlyHint: true },
  },
  splitDescription: `${PURPOSE} Results are enough for the tool that they name in "execute".`,
  read(args) {
    const query = args.requiredString('query');
    const limit = Math.min(args.count('limit') ?? DEFAULT_LIMIT, MAX_LIMIT);
    const server = args.string('server');
    const detail = readDetail(args, 'search_tools') ?? 'brief';
    return {
      claimedAgent: args.string('agent_id'),
      server,
      tool: undefined,
      executes: false,
      detail: { query_length: query.length, limit },
      run: (context) => search(context, { query, limit, server, detail }),
    };
  },
};

interface Search {
  readonly query: string;
  readonly limit: number;
  readonly server: string | undefined;
  readonly detail: Detail;
}

async function search(context: ToolContext, { query, limit, server, detail }: Search): Promise<ToolAnswer> {
  const { catalog, snapshot, caller, decide, relay, signal } = context;
  const { embeddings, learnFromUse } = snapshot.search;
  const isVisible = ({ name }: { readonly name: string }): boolean =>
    (server === undefined || name === server) && decide(name).allowed;
  const visible = [...snapshot.servers.values()].filter(isVisible);
  const virtual = [...(snapshot.virtual?.values() ?? [])].filter(isVisible);
  const { listed, missing, unlisted } = await listedServers(context, visible, virtual);
  const who = JSON.stringify([caller.agent, caller.ceiling, server]);
  const found = await catalog.searcher.search({
    query,
    limit,
    servers: listed,
    policy: snapshot.policy,
    who,
    permitted: (name, tool, entry) => decide(name, tool, 'tool', entry).allowed,
    embeddings,
    suggestions: learnFromUse ? await catalog.learning.suggestions(caller.agent, query) : [],
    signal,
  });
  if (learnFromUse) catalog.learning.searched(relay.ownerAndAgent, caller.agent, query, found.flatMap(namesOf));
  catalog.listSoon(unlisted);
  const tools = found.map((hit) => describe(context, hit, detail));
  const parts = [`"tools":[${tools.join(',')}]`];
  const skilled = visible.filter((one) => catalog.hasSkills(one));
  const skills =
    skilled.length === 0
      ? []
      : await (await import('./search-skills.ts')).foundSkills(context, { query, limit, visible: skilled, who });
  if (skills.length > 0) parts.push(`"skills":[${skills.join(',')}]`);
  if (tools.length === 0) parts.push(`"servers":${JSON.stringify(offered(context, listed, server))}`);
  if (missing.size > 0) parts.push(`"not_searched":${missing.text}`);
  return textAnswer(`{${parts.join(',')}}`);
}

/** A found tool under all its names. */
function namesOf({ server, entry, alsoOn }: FoundTool): ToolName[] {
  return [server, ...alsoOn].map((name) => ({ server: name, tool: entry.name }));
}

/** The tools that servers listed; waits for those that have never listed anything yet, and not for long. */
async function listedServers(
  context: ToolContext,
  visible: readonly ServerDefinition[],
  virtual: readonly VirtualServer[],
): Promise<{ listed: ListedServer[]; missing: Absent; unlisted: ServerDefinition[] }> {
  const { catalog, signal } = context;
  const members = virtual.flatMap((one) => membersOf(context, one)).filter((one) => !visible.includes(one));
  // Those that only a virtual server shows come last.
  const servers = members.length === 0 ? visible : [...new Set([...visible, ...members])];
  const unlisted: ServerDefinition[] = [];
  const lists = await Promise.all(
    servers.map((server) => {
      // A list that is there is not waited for: thousands of promises take their time.
      const list = catalog.listed(server);
      if (list !== undefined) return list;
      unlisted.push(server);
      return catalog.toSearch(server, signal).catch(absenceOf);
    }),
  );
  if (signal.aborted) throw signal.reason;
  const listed: ListedServer[] = [];
  const there = new Map<string, readonly ToolEntry[]>();
  const missing = new Absent(MAX_NAMED);
  for (const [at, { name, description }] of servers.entries()) {
    const entries = lists[at] ?? 'unavailable';
    if (typeof entries === 'string') {
      missing.add(name, entries);
      continue;
    }
    there.set(name, entries);
    if (at < visible.length) listed.push({ name, description, entries });
  }
  for (const one of virtual) {
    const { entries } = virtualList(one, there);
    listed.push({ name: one.name, description: one.description, entries });
  }
  return { listed, missing, unlisted };
}

function describe(context: ToolContext, { server, entry, alsoOn }: FoundTool, detail: Detail): string {
  const { snapshot } = context;
  const executor = executorOf(context, server, entry);
  const same = executor === undefined ? alsoOn : alsoOn.filter((one) => executorOf(context, one, entry) === executor);
  const copies = same.length === 0 ? '' : `,"also_on":${JSON.stringify(same.slice(0, MAX_COPIES))}`;
  const others = executor === undefined ? copies : `${copies},"execute":"${executor}"`;
  const names = `"server":${JSON.stringify(server)}${others},"tool":${JSON.stringify(entry.name)}`;
  if (detail === 'names') return `{${names}}`;
  if (detail === 'full') return `{"server":${JSON.stringify(server)}${others},${definitionText(entry).slice(1)}`;
  const { signature, purpose } = briefOf(entry);
  const access = snapshot.policy.accessOf(server, entry.name, accessOfTool(entry));
  const call = signature === undefined ? `"inputSchema":${entry.inputSchema}` : `"args":${JSON.stringify(signature)}`;
  const hint = executor !== undefined || access === 'unknown' ? '' : `,"access":"${access}"`;
  return `{${names},${call},"purpose":${JSON.stringify(purpose)}${hint}}`;
}

/** The servers instead, with how many of their tools the caller may use. */
function offered(
  context: ToolContext,
  listed: readonly ListedServer[],
  only: string | undefined,
): { name: string; description?: string; tools?: number }[] {
  const counts = new Map(
    listed.map(({ name, entries }) => [
      name,
      entries.filter((tool) => context.decide(name, tool.name, 'tool', tool).allowed).length,
    ]),
  );
  return visibleServers(context)
    .filter(({ name }) => only === undefined || name === only)
    .slice(0, MAX_NAMED)
    .map(({ name, description }) => {
      const tools = counts.get(name);
      return {
        name,
        ...(description === '' ? {} : { description }),
        ...(tools === undefined ? {} : { tools }),
      };
    });
}
