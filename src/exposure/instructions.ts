/** What an agent is told before it asks for anything: its servers in a line each, and the way to their tools. */
import { estimateTokens } from '../catalog/tokens.ts';
import { visibleServers } from '../tools/list-servers.ts';
import type { ToolContext } from '../tools/types.ts';

/** Tokens of all instructions, with room for what an estimate may be wrong by. */
const MAX_TOKENS = 260;
/** Characters of a description. */
const MAX_DESCRIPTION = 100;

const WAYS = {
  discovery: 'Find tools with search_tools(query), then call them with execute_tool(server, tool, args).',
  direct: 'Names of tools and prompts begin with their server, and URIs of resources say it.',
};

/** Undefined where it is not certain which agent will call: its servers are nobody else's business. */
export function instructionsFor(context: ToolContext, view: keyof typeof WAYS): string | undefined {
  if (context.caller.assurance === 'claim') return undefined;
  const servers = visibleServers(context);
  if (servers.length === 0) return undefined;
  const lines = [`${WAYS[view]} The servers behind them:`];
  let left = MAX_TOKENS - estimateTokens(lines.join(''));
  for (const [at, { name, description }] of servers.entries()) {
    const line = `- ${name.slice(0, MAX_DESCRIPTION)}${described(description)}`;
    const rest = `- ${servers.length - at} more${view === 'discovery' ? ': list_servers' : ''}`;
    left -= estimateTokens(line) + 1;
    if (left < (at + 1 < servers.length ? estimateTokens(rest) + 1 : 0)) return [...lines, rest].join('\n');
    lines.push(line);
  }
  return lines.join('\n');
}

function described(description: string): string {
  const line = description.replace(/\s+/g, ' ').trim();
  if (line === '') return '';
  return `: ${line.length > MAX_DESCRIPTION ? `${line.slice(0, MAX_DESCRIPTION)}…` : line}`;
}
