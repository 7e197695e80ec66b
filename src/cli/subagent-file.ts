/** Subagents of Claude Code: Markdown with front matter (https://code.claude.com/docs/en/sub-agents). Pure. */

export interface AgentEntry {
  /** Agent of the rules. */
  readonly agent: string;
  readonly command: string;
  /** Arguments besides `--agent`. */
  readonly args: readonly string[];
}

type Changed =
  | { readonly kind: 'same' }
  | { readonly kind: 'changed'; readonly text: string }
  /** Only a person can tell where the entry belongs. */
  | { readonly kind: 'by hand'; readonly entry: string };

/** Lower-case letters, digits and hyphens are all that a subagent's name may have. */
export function subagentName(agent: string): string {
  return agent
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}

const USE = {
  discovery:
    'Find a tool with its search_tools, or with list_servers and get_server_tools, and call it with execute_tool.',
  split:
    'Find a tool with its search_tools, or with list_servers and get_server_tools, and call it with the tool that these name: execute_read, execute_write or execute_destructive.',
  direct: 'Their names begin with the server that each is from.',
} as const;

/** A new subagent whose only server is the gateway, bound to its agent. @param view what its agent sees of the gateway. */
export function subagentFile(entry: AgentEntry, view: keyof typeof USE): string {
  return `---
name: ${subagentName(entry.agent)}
description: Works with the tools of the agent ${entry.agent}. Say here when to delegate to it.
${serversOf(entry)}
---

Your tools come from the server ${serverName(entry)}. ${USE[view]}
`;
}

/** The entry put into the front matter of a file that has no servers yet. */
export function withEntry(text: string, entry: AgentEntry): Changed {
  const front = /^---\r?\n([\s\S]*?)^---[ \t]*\r?$/m.exec(text);
  const head = front?.[1];
  if (front === null || front.index !== 0 || head === undefined) return { kind: 'by hand', entry: serversOf(entry) };
  if (head.includes(serversOf(entry))) return { kind: 'same' };
  if (/^mcpServers[ \t]*:/m.test(head)) return { kind: 'by hand', entry: serversOf(entry) };
  const at = text.indexOf(head) + head.length;
  return { kind: 'changed', text: `${text.slice(0, at)}${serversOf(entry)}\n${text.slice(at)}` };
}

function serverName({ agent }: AgentEntry): string {
  return `gateway-${subagentName(agent)}`;
}

/** JSON is YAML, so texts are quoted as JSON. */
function serversOf(entry: AgentEntry): string {
  const args = ['--agent', entry.agent, ...entry.args].map((arg) => JSON.stringify(arg)).join(', ');
  return [
    'mcpServers:',
    `  - ${serverName(entry)}:`,
    '      type: stdio',
    `      command: ${JSON.stringify(entry.command)}`,
    `      args: [${args}]`,
  ].join('\n');
}
