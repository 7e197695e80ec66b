import type { CallingClient } from '../relay/calling-client.ts';
import type { Tenant } from '../upstream/contract.ts';
import type { Connection } from './caller.ts';

interface Owned {
  readonly connection: Pick<Connection, 'owner'>;
  readonly client: Pick<CallingClient, 'session' | 'capabilities' | 'requestCapabilities'>;
}

/** Owner of the connection of whoever started this process: nobody else can connect to it. */
export const STDIO_OWNER = 'stdio';

/** The last one: most calls are by the same as the one before, and what is found for a tenant is kept with it. */
let last: Tenant | undefined;

/** For whom a call leases its connection to a server. */
export function tenantOf({ connection, client }: Owned, agent: string): Tenant {
  const isLast =
    last !== undefined &&
    last.owner === connection.owner &&
    last.agent === agent &&
    last.session === client.session &&
    last.capabilities === client.capabilities &&
    last.requestCapabilities === client.requestCapabilities;
  if (last !== undefined && isLast) return last;
  last = {
    owner: connection.owner,
    agent,
    session: client.session,
    sole: connection.owner === STDIO_OWNER,
    capabilities: client.capabilities,
    requestCapabilities: client.requestCapabilities,
  };
  return last;
}
