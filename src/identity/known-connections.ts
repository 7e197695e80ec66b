/** The kinds of connections there are, by the settings of this process and the rules in force. */
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import type { Connection } from '../pipeline/caller.ts';
import { GatewayError } from '../shared/errors.ts';
import type { AttestedUses } from './attestations.ts';
import { type Proof, STDIO_PROOF } from './proof.ts';
import { createConnection } from './resolve-agent.ts';

/** The connection of whoever proved who it is. */
export function connectionOf(settings: Settings, proof: Proof, attestations?: AttestedUses): Connection {
  return createConnection({ proof, boundAgent: settings.agent, fallbackAgent: settings.defaultAgent, attestations });
}

/**
 * The connection of whoever started this process.
 * @throws GatewayError CONFIG_INVALID where the rules give stdio to nobody
 */
export function localConnection(settings: Settings, snapshot: Snapshot, attestations?: AttestedUses): Connection {
  const found = STDIO_PROOF.find(snapshot);
  if (found !== undefined) return connectionOf(settings, { ...STDIO_PROOF, principal: found.name }, attestations);
  throw new GatewayError(
    'CONFIG_INVALID',
    `${snapshot.paths.rules}: no principal has "stdio": true, so nobody may connect over stdio: add "local": {"stdio": true, "may_assume": ["*"]} to "principals", or serve with --transport http.`,
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
