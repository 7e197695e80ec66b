import type { Tenant } from '../downstream/types.ts';
import type { Client } from '../relay/client.ts';
import type { Connection } from './types.ts';

interface Owned {
  readonly connection: Pick<Connection, 'owner'>;
  readonly client: Pick<Client, 'session' | 'capabilities' | 'requestCapabilities'>;
}

/** Owner of the connection of whoever started this process: nobody else can connect to it. */
export const STDIO_OWNER = 'stdio';

/** For whom a call leases its connection to a server. */
export function tenantOf({ connection, client }: Owned, agent: string): Tenant {
  return {
    principal: connection.owner,
    agent,
    session: client.session,
    sole: connection.owner === STDIO_OWNER,
    capabilities: client.capabilities,
    requestCapabilities: client.requestCapabilities,
  };
}
