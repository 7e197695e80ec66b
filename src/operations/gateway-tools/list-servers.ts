import type { ServerDefinition } from '../../config/snapshot.ts';
import type { VirtualServer } from '../../config/virtual/virtual-server.ts';
import type { GatewayTool, ToolContext } from '../operation.ts';
import { valueBody } from '../tool-answer.ts';
import { inputSchema } from './input-schema.ts';

interface ListedServer {
  readonly name: string;
  readonly description: string;
  readonly transport?: string;
  readonly command?: string;
  readonly url?: string;
}

export const listServers: GatewayTool = {
  name: 'list_servers',
  definition: {
    name: 'list_servers',
    description: 'List the servers you may use. Then call get_server_tools.',
    inputSchema: inputSchema({ include_metadata: { type: 'boolean' } }),
    annotations: { readOnlyHint: true },
  },
  read(args) {
    const metadata = args.boolean('include_metadata') ?? false;
    return {
      claimedAgent: args.string('agent_id'),
      server: undefined,
      tool: undefined,
      executes: false,
      run: (context) => ({
        kind: 'result',
        body: valueBody(JSON.stringify(visibleServers(context, metadata)), context.relay.client, 'JSON'),
      }),
    };
  },
};

/** The servers that the caller may use, by name. One whose entry is broken is listed as unavailable, without the reason. */
export function visibleServers({ snapshot, decide }: ToolContext, metadata = false): ListedServer[] {
  const listed: ListedServer[] = [];
  const { virtual = new Map<string, VirtualServer>() } = snapshot;
  const names = [...snapshot.servers.keys(), ...snapshot.broken.keys(), ...virtual.keys()];
  for (const name of names.sort(byCodeUnit)) {
    if (!decide(name).allowed) continue;
    const server = snapshot.servers.get(name);
    const group = virtual.get(name);
    if (group !== undefined) {
      listed.push({ name, description: group.description ?? '', ...(metadata ? { transport: 'virtual' } : {}) });
    } else if (server === undefined) {
      const description = snapshot.broken.get(name)?.description;
      listed.push({ name, description: description === undefined ? '(unavailable)' : `${description} (unavailable)` });
    } else {
      listed.push({ name, description: server.description ?? '', ...(metadata ? describeLink(server) : {}) });
    }
  }
  return listed;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The address of the server, without what may be secret: no arguments, no user or query in a URL. */
function describeLink({ link }: ServerDefinition): Pick<ListedServer, 'transport' | 'command' | 'url'> {
  if (link.transport === 'stdio') return { transport: 'stdio', command: link.command };
  // Of an API whose entry does not say where it is, only the document is known here.
  if (link.url.startsWith('file:')) return { transport: link.transport };
  const url = new URL(link.url);
  return { transport: link.transport, url: `${url.origin}${url.pathname}` };
}
