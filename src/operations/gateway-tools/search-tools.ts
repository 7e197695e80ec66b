/** Finds tools across servers; looks only at what the caller may use. */
import { briefOf, type Detail, definitionText } from '../../catalog/render-tool.ts';
import type { ListedServer } from '../../catalog/search/indexed-servers.ts';
import type { FoundTool } from '../../catalog/search/searcher.ts';
import { accessOfTool } from '../../catalog/tool-access.ts';
import type { ToolName } from '../../catalog/usage/learn-usage.ts';
import type { GatewayTool, ToolAnswer, ToolContext } from '../operation.ts';
import { textAnswer } from '../tool-answer.ts';
import { executorOf } from './executor-choice.ts';
import { inputSchema } from './input-schema.ts';
import { visibleServers } from './list-servers.ts';
import { MAX_NAMED, prepareSearch, type Search } from './prepare-search.ts';
import type { Arguments } from './read-arguments.ts';
import { readDetail } from './read-detail.ts';

const DEFAULT_LIMIT = 5;
const MAX_LIMIT = 50;
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
    const asked = readSearch(args);
    const detail = readDetail(args, 'search_tools') ?? 'brief';
    return {
      claimedAgent: args.string('agent_id'),
      server: asked.server,
      tool: undefined,
      executes: false,
      detail: { query_length: asked.query.length, limit: asked.limit },
      run: (context) => search(context, asked, detail),
    };
  },
};

/** Reads what is searched for, and where. @throws GatewayError INVALID_ARGUMENTS */
export function readSearch(args: Arguments): Search {
  return {
    query: args.requiredString('query'),
    limit: Math.min(args.count('limit') ?? DEFAULT_LIMIT, MAX_LIMIT),
    server: args.string('server'),
  };
}

async function search(context: ToolContext, asked: Search, detail: Detail): Promise<ToolAnswer> {
  const { catalog, snapshot, caller, relay } = context;
  const { request, visible, missing, unlisted } = await prepareSearch(context, asked);
  const { query, limit, servers, who } = request;
  const found = await catalog.searcher.search(request);
  if (snapshot.search.learnFromUse)
    catalog.learning.searched(relay.ownerAndAgent, caller.agent, query, found.flatMap(namesOf));
  catalog.listSoon(unlisted);
  const tools = found.map((hit) => describe(context, hit, detail));
  const parts = [`"tools":[${tools.join(',')}]`];
  const skilled = visible.filter((one) => catalog.hasSkills(one));
  const skills =
    skilled.length === 0
      ? []
      : await (await import('./search-skills.ts')).foundSkills(context, { query, limit, visible: skilled, who });
  if (skills.length > 0) parts.push(`"skills":[${skills.join(',')}]`);
  if (tools.length === 0) parts.push(`"servers":${JSON.stringify(offered(context, servers, asked.server))}`);
  if (missing.size > 0) parts.push(`"not_searched":${missing.text}`);
  return textAnswer(`{${parts.join(',')}}`);
}

/** A found tool under all its names. */
function namesOf({ server, entry, alsoOn }: FoundTool): ToolName[] {
  return [server, ...alsoOn].map((name) => ({ server: name, tool: entry.name }));
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
