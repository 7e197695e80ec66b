/** The names of the configuration that a principal may know. */
import type { Snapshot } from '../config/snapshot.ts';
import type { VisibleNames } from '../observe/metrics-filter.ts';
import { decideUnderCeiling } from '../policy/ceiling.ts';
import type { Principal } from './principal.ts';

/**
 * The agents that a principal may be, and the servers that one of them may use; undefined for everything, which operators may know.
 * @param principal undefined where nobody is known any more
 */
export function visibleNamesOf(
  { policy, servers, broken, virtual }: Snapshot,
  principal: Principal | undefined,
  boundAgent: string | undefined,
): VisibleNames | undefined {
  if (principal?.operator === true) return undefined;
  if (principal === undefined) return { agents: [], servers: [] };
  const { ceiling, mayAssume } = principal;
  const agents = policy.agents.filter((agent) => mayAssume(agent) && (boundAgent ?? agent) === agent);
  const mayUse = (server: string): boolean =>
    agents.some((agent) => decideUnderCeiling(policy, { agent, ceiling }, server).allowed);
  return { agents, servers: [...servers.keys(), ...broken.keys(), ...(virtual?.keys() ?? [])].filter(mayUse) };
}
