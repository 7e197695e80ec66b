/** Which connections there are, by the settings of this process and the rules in force. */
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/types.ts';
import type { Connection } from '../pipeline/types.ts';
import { GatewayError } from '../shared/errors.ts';
import { IMPLICIT_STDIO } from './principal.ts';
import { createConnection } from './resolve.ts';

/** The connection of a principal that a transport has proven. */
export function connectionOf(settings: Settings, principal: string): Connection {
  return createConnection({ principal, boundAgent: settings.agent, fallbackAgent: settings.defaultAgent });
}

/**
 * The connection of whoever started this process.
 * @throws GatewayError CONFIG_INVALID where the rules give stdio to nobody
 */
export function localConnection(settings: Settings, snapshot: Snapshot): Connection {
  if (snapshot.principals === undefined) return connectionOf(settings, IMPLICIT_STDIO);
  for (const principal of snapshot.principals.values()) {
    if (principal.stdio) return connectionOf(settings, principal.name);
  }
  throw new GatewayError(
    'CONFIG_INVALID',
    `${snapshot.paths.rules}: no principal has "stdio": true, so nobody may connect over stdio: add one, or use --transport http.`,
  );
}

/** @throws GatewayError CONFIG_INVALID where `--agent` names an agent that the rules do not have. */
export function checkBoundAgent({ agent }: Settings, snapshot: Snapshot): void {
  if (agent === undefined || snapshot.policy.hasAgent(agent)) return;
  throw new GatewayError(
    'CONFIG_INVALID',
    `--agent ${agent}: the rules in ${snapshot.paths.rules} have no such agent.`,
  );
}
