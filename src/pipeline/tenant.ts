import type { Tenant } from '../downstream/types.ts';
import type { Inbound } from './types.ts';
import { STDIO_OWNER } from './types.ts';

/** For whom a call leases its connection to a server. */
export function tenantOf({ connection, client }: Inbound, agent: string): Tenant {
  return {
    principal: connection.owner,
    agent,
    session: client.session,
    sole: connection.owner === STDIO_OWNER,
    capabilities: client.capabilities,
  };
}
