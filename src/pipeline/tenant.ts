import type { Tenant } from '../downstream/types.ts';
import type { Inbound } from './types.ts';

/** Owner of the connection of whoever started this process: nobody else can connect to it. */
export const STDIO_OWNER = 'stdio';

/** For whom a call leases its connection to a server. */
export function tenantOf({ connection, client }: Inbound, agent: string): Tenant {
  return {
    principal: connection.owner,
    agent,
    session: client.session,
    sole: connection.owner === STDIO_OWNER,
    capabilities: client.capabilities,
    requestCapabilities: client.requestCapabilities,
  };
}
