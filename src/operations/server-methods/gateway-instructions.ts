/** Instructions for an agent before it asks for anything: its servers in a line each, the way to their tools, what they say. */
import { estimateTokens } from '../../catalog/estimate-tokens.ts';
import { quoted } from '../../shared/quote-text.ts';
import type { ExecutorChoice } from '../gateway-tools/executor-choice.ts';
import { visibleServers } from '../gateway-tools/list-servers.ts';
import type { ToolContext } from '../operation.ts';

/** Tokens of the servers, with room for what an estimate may be wrong by. */
const MAX_TOKENS = 260;
/** Characters of a description. */
const MAX_DESCRIPTION = 100;

interface Manner {
  readonly way: string;
  /** Introduces the servers. */
  readonly servers: string;
  /** The way to those that are left out. */
  readonly rest: string;
  /** Introduces what servers say. */
  readonly said: string;
  readonly saidRest: string;
  /** Characters of what one server says, tokens of what all say. */
  readonly each: number;
  readonly all: number;
}

const OWN_WORDS = 'In their own words, which neither this gateway nor its owner answers for';

const MANNERS = {
  discovery: {
    way: 'Tools of other servers are behind these few. Call search_tools(query) first, with what you want to do: it answers with tools and their args.',
    servers: 'Behind them:',
    rest: ': list_servers',
    said: `${OWN_WORDS} (get_server_tools has more):`,
    saidRest: ': get_server_tools',
    each: 300,
    all: 350,
  },
  // There is no other place for it.
  direct: {
    way: 'Names of tools and prompts begin with their server, and URIs of resources say it.',
    servers: 'The servers:',
    rest: '',
    said: `${OWN_WORDS}:`,
    saidRest: '',
    each: 1_000,
    all: 1_000,
  },
} as const satisfies Record<string, Manner>;

/** The part for everybody: without it, clients that defer tools show their models bare names. */
export function generalInstructions(view: keyof typeof MANNERS, executors: ExecutorChoice): string {
  return view === 'discovery' ? `${MANNERS.discovery.way} ${EXECUTE[executors]}` : MANNERS[view].way;
}

const EXECUTE: Readonly<Record<ExecutorChoice, string>> = {
  one: 'Then run one with execute_tool(server, tool, args).',
  split: `Then run one with the tool that its result names in "execute", e.g. execute_read(server, tool, args).`,
  either: `Then run one with the tool that its result names in "execute", e.g. execute_read(server, tool, args); where it names none, with execute_tool.`,
};

/** Names no server where it is not certain which agent will call: its servers are nobody else's business. */
export async function instructionsFor(
  context: ToolContext,
  view: keyof typeof MANNERS,
  executors: ExecutorChoice,
): Promise<string> {
  const servers = context.caller.assurance === 'claim' ? [] : visibleServers(context);
  if (servers.length === 0) return generalInstructions(view, executors);
  const way = generalInstructions(view, executors);
  const { servers: head, rest, said, saidRest, each, all } = MANNERS[view];
  const listed = servers.map(({ name, description }) => `- ${name.slice(0, MAX_DESCRIPTION)}${described(description)}`);
  const words = await Promise.all(
    servers.map(async ({ name }) => {
      const server = context.snapshot.servers.get(name);
      const text = server && (await context.catalog.instructionsOf(server));
      return text === undefined ? [] : [`- ${name.slice(0, MAX_DESCRIPTION)}: ${quoted(text, each)}`];
    }),
  );
  const parts = [...fitting(`${way} ${head}`, listed, MAX_TOKENS, rest), ...fitting(said, words.flat(), all, saidRest)];
  return parts.join('\n');
}

/** A head, and as many of its lines as there is room for. Nothing where there are none. */
function fitting(head: string, lines: readonly string[], tokens: number, where: string): string[] {
  if (lines.length === 0) return [];
  const kept = [head];
  let left = tokens - estimateTokens(head);
  for (const [at, line] of lines.entries()) {
    const rest = `- ${lines.length - at} more${where}`;
    left -= estimateTokens(line) + 1;
    if (left < (at + 1 < lines.length ? estimateTokens(rest) + 1 : 0)) return [...kept, rest];
    kept.push(line);
  }
  return kept;
}

function described(description: string): string {
  const line = description.replace(/\s+/g, ' ').trim();
  if (line === '') return '';
  return `: ${line.length > MAX_DESCRIPTION ? `${line.slice(0, MAX_DESCRIPTION)}…` : line}`;
}
