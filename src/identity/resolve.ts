/** Turns connection, credential and claim into an agent, or refuses (behaviour section 3, identity.md). */
import type { Snapshot } from '../config/types.ts';
import type { Caller, Connection } from '../pipeline/types.ts';
import { GatewayError } from '../shared/errors.ts';
import { type Principal, principalOf } from './principal.ts';

export interface ConnectionOptions {
  /** Name of the principal that the transport has proven. */
  readonly principal: string;
  /** `--agent NAME`: the default and only agent of the connection. */
  readonly boundAgent?: string | undefined;
  /** `GATEWAY_DEFAULT_AGENT`. */
  readonly fallbackAgent?: string | undefined;
}

/** A connection whose calls are resolved anew under each snapshot, so that a reload takes effect at once. */
export function createConnection(options: ConnectionOptions): Connection {
  return {
    principal: options.principal,
    resolve(snapshot, claimed) {
      const principal = principalOf(snapshot, options.principal);
      if (principal === undefined) throw refusedAgent(claimed);
      return resolveAgent(snapshot, principal, options, claimed);
    },
  };
}

function resolveAgent(
  snapshot: Snapshot,
  principal: Principal,
  { boundAgent, fallbackAgent }: ConnectionOptions,
  claimed: string | undefined,
): Caller {
  const allowed = (agent: string): boolean =>
    (boundAgent === undefined || agent === boundAgent) && principal.mayAssume(agent) && snapshot.policy.hasAgent(agent);
  const as = (agent: string): Caller => ({
    principal: principal.name,
    claimed,
    agent,
    assurance: assuranceOf(principal, boundAgent, agent),
  });
  if (claimed !== undefined) {
    if (!allowed(claimed)) throw refusedAgent(claimed);
    return as(claimed);
  }
  const own = boundAgent ?? principal.defaultAgent;
  if (own !== undefined) {
    if (!allowed(own)) throw refusedAgent(undefined);
    return as(own);
  }
  if (snapshot.denyOnMissingAgent) {
    throw new GatewayError(
      'INVALID_AGENT_ID',
      'This gateway needs agent_id with every call: pass the agent id you were given.',
    );
  }
  return as(fallback(snapshot, principal, fallbackAgent));
}

function fallback(snapshot: Snapshot, principal: Principal, configured: string | undefined): string {
  const agent = configured ?? (snapshot.policy.hasAgent('default') ? 'default' : undefined);
  if (agent === undefined) {
    throw new GatewayError(
      'NO_FALLBACK_CONFIGURED',
      'No agent_id was given and this gateway has no fallback agent: pass the agent id you were given.',
    );
  }
  if (!snapshot.policy.hasAgent(agent)) {
    throw new GatewayError(
      'FALLBACK_AGENT_NOT_IN_RULES',
      `The fallback agent '${agent}' is not in the gateway's rules: pass agent_id, or ask the owner to add it.`,
    );
  }
  if (!principal.mayAssume(agent)) throw refusedAgent(undefined);
  return agent;
}

/** The same bytes whether or not the rules have such an agent. */
function refusedAgent(claimed: string | undefined): GatewayError {
  return new GatewayError(
    'INVALID_AGENT_ID',
    claimed === undefined
      ? 'This connection has no agent that it may use: pass the agent id you were given.'
      : `This connection may not use agent_id '${claimed}': pass the agent id you were given, or none.`,
  );
}

function assuranceOf(principal: Principal, boundAgent: string | undefined, agent: string): Caller['assurance'] {
  if (boundAgent !== undefined) return 'launch';
  return principal.soleAgent === agent ? principal.assurance : 'claim';
}
