/** Turns connection, credential and claim into an agent, or refuses (docs/identity.md). */
import type { Assurance, Snapshot } from '../config/snapshot.ts';
import type { Caller, Connection } from '../pipeline/caller.ts';
import { detached } from '../shared/detached.ts';
import { GatewayError } from '../shared/errors.ts';
import { NEXT_STEPS } from '../shared/next-steps.ts';
import { reaches } from './assurance.ts';
import type { Attested, AttestedUses } from './attestations.ts';
import type { Principal } from './principal.ts';
import type { Proof } from './proof.ts';
import { visibleNamesOf } from './visible-names.ts';

/** Answers that a connection remembers. */
const MAX_KNOWN = 64;

interface ConnectionOptions {
  readonly proof: Proof;
  /** `--agent NAME`: the default and only agent of the connection. */
  readonly boundAgent?: string | undefined;
  /** `GATEWAY_DEFAULT_AGENT`. */
  readonly fallbackAgent?: string | undefined;
  readonly attestations?: AttestedUses | undefined;
}

/** A connection whose calls are resolved anew under each snapshot, so that a reload takes effect at once. */
export function createConnection(options: ConnectionOptions, attested?: Attested): Connection {
  const { proof, attestations } = options;
  const { principal, subject, owner, find } = proof;
  /** Answers under one snapshot, by what was claimed: most calls of a connection ask the same again. */
  const known = new Map<string | undefined, Caller>();
  let knownUnder: Snapshot | undefined;
  return {
    ...(attestations && {
      attest: (id) => {
        const taken = attestations.take(id);
        return taken instanceof Promise
          ? taken.then((found) => createConnection(options, found))
          : createConnection(options, taken);
      },
    }),
    principal,
    subject,
    owner,
    isKnown: (snapshot) => find(snapshot) !== undefined,
    mayBe: (snapshot, agent) => isPossible(snapshot, find(snapshot), options, agent),
    expiresAt: proof.expiresAt,
    sees: (snapshot) => visibleNamesOf(snapshot, find(snapshot), options.boundAgent),
    resolve(snapshot, claimed, nameAgent = NEXT_STEPS.nameAgent) {
      if (knownUnder !== snapshot || known.size > MAX_KNOWN) known.clear();
      knownUnder = snapshot;
      const before = known.get(claimed);
      if (before !== undefined) return before;
      const found = find(snapshot);
      if (found === undefined) {
        throw new GatewayError(
          'INVALID_AGENT_ID',
          'The rules of the gateway do not let this connection in any more, whatever agent_id it passes: ask the owner of the gateway to add its principal again.',
        );
      }
      // It is kept longer than the message that it came in.
      const own = claimed === undefined ? undefined : detached(claimed);
      const caller = resolveAgent(snapshot, found, options, { claimed: own, attested, nameAgent });
      known.set(own, caller);
      return caller;
    },
  };
}

function isPossible(
  { policy }: Snapshot,
  principal: Principal | undefined,
  { boundAgent }: Pick<ConnectionOptions, 'boundAgent'>,
  agent: string,
): boolean {
  if (boundAgent !== undefined && agent !== boundAgent) return false;
  return principal?.mayAssume(agent) === true && policy.hasAgent(agent);
}

interface Claim {
  readonly claimed: string | undefined;
  readonly attested: Attested | undefined;
  /** The advice for a caller that has no agent yet. */
  readonly nameAgent: string;
}

function resolveAgent(
  snapshot: Snapshot,
  principal: Principal,
  { boundAgent, fallbackAgent }: ConnectionOptions,
  { claimed, attested, nameAgent }: Claim,
): Caller {
  const may = (agent: string): boolean => isPossible(snapshot, principal, { boundAgent }, agent);
  const refused = (rule?: string): GatewayError =>
    refusedAgent({ claimed, nameAgent }, !principal.hook && (claimed !== undefined || boundAgent === undefined), rule);
  /** @throws GatewayError INVALID_AGENT_ID, the same for every reason; the audit has it. */
  const as = (agent: string, isFallback = false): Caller => {
    if (!may(agent)) throw refused();
    const assurance = assuranceOf(principal, boundAgent, agent, attested);
    if (!reaches(assurance, snapshot.agentTerms.get(agent)?.minAssurance)) {
      throw refused(`agents.${agent}.min_assurance`);
    }
    return { principal: principal.name, agent, ceiling: principal.ceiling, isFallback, assurance };
  };
  // If a hook decides, a claim counts for nothing, even if the hook did not speak.
  const named = principal.hook ? attested?.agent : claimed;
  const own = named ?? boundAgent ?? principal.defaultAgent;
  if (own !== undefined) return as(own);
  if (snapshot.denyOnMissingAgent) {
    throw new GatewayError('INVALID_AGENT_ID', `This gateway needs agent_id with every call: ${nameAgent}.`);
  }
  return as(fallback(snapshot, fallbackAgent, nameAgent), true);
}

function fallback(snapshot: Snapshot, configured: string | undefined, nameAgent: string): string {
  const agent = configured ?? (snapshot.policy.hasAgent('default') ? 'default' : undefined);
  if (agent === undefined) {
    throw new GatewayError(
      'NO_FALLBACK_CONFIGURED',
      `No agent_id was given and this gateway has no fallback agent: ${nameAgent}.`,
    );
  }
  if (!snapshot.policy.hasAgent(agent)) {
    throw new GatewayError(
      'FALLBACK_AGENT_NOT_IN_RULES',
      `The fallback agent '${agent}' is not in the gateway's rules: ${nameAgent}, or ask the owner to add it.`,
    );
  }
  return agent;
}

/**
 * The same bytes whether or not the rules have such an agent.
 * @param canChoose whether another `agent_id` could help.
 * @param rule what refused it, for the audit alone.
 */
function refusedAgent(
  claim: Pick<Claim, 'claimed' | 'nameAgent'>,
  canChoose: boolean,
  rule: string | undefined,
): GatewayError {
  return new GatewayError(
    'INVALID_AGENT_ID',
    canChoose ? otherAgent(claim) : FIXED_AGENT,
    rule === undefined ? {} : { data: { rule } },
  );
}

const FIXED_AGENT =
  'This connection may not be the agent that it was started for, or that its client attests; no agent_id changes that: ask the owner of the gateway.';

function otherAgent({ claimed, nameAgent }: Pick<Claim, 'claimed' | 'nameAgent'>): string {
  return claimed === undefined
    ? `This connection has no agent that it may use: ${nameAgent}.`
    : `This connection may not use agent_id '${claimed}': ${nameAgent}, or none.`;
}

function assuranceOf(
  principal: Principal,
  boundAgent: string | undefined,
  agent: string,
  attested: Attested | undefined,
): Assurance {
  if (boundAgent !== undefined) return 'launch';
  if (principal.soleAgent === agent) return principal.assurance;
  return principal.hook && attested !== undefined ? 'hook' : 'claim';
}
