/** The permission of a call that is kept, for what outlives it. */
import type { Snapshot } from '../config/snapshot.ts';
import { originalTarget } from '../config/virtual/virtual-server.ts';
import type { Invocation, Target } from '../operations/operation.ts';
import { decideUnderCeiling } from '../policy/ceiling.ts';
import type { Access, CallFacts } from '../policy/rules-data.ts';
import { detached } from '../shared/detached.ts';
import type { Connection } from './caller.ts';
import type { PipelineDependencies } from './dependencies.ts';

/** True, when it is asked, if a caller may still use something. Apart from the call, which it must not keep: whoever keeps a part of a call keeps this. */
export function permissionOf(
  { snapshot }: Pick<PipelineDependencies, 'snapshot'>,
  connection: Connection,
  { claimedAgent, kind }: Pick<Invocation, 'claimedAgent' | 'kind'>,
  target: Target | undefined,
  access: Access | undefined,
): () => boolean {
  if (target === undefined) return () => false;
  const claimed = claimedAgent === undefined ? undefined : detached(claimedAgent);
  const server = detached(target.server);
  const name = target.name === undefined ? undefined : detached(target.name);
  const cleared = clearing(snapshot(), { server, name });
  // The call goes on, with the arguments that were decided on.
  const facts: CallFacts = { args: 'any', access: access ?? 'any' };
  return () => {
    const current = snapshot();
    if (connection.expiresAt(current) <= Date.now()) return false;
    // What was kept is as it was cleared then.
    if (clearing(current, { server, name }) !== cleared) return false;
    try {
      const caller = connection.resolve(current, claimed);
      return decideUnderCeiling(current.policy, caller, server, name, kind, facts).allowed;
    } catch {
      return false;
    }
  };
}

/** The terms on which the rules clear the results of a server, as text. */
function clearing({ virtual, servers }: Snapshot, target: Target): string | undefined {
  const terms = servers.get(originalTarget(virtual, target).server)?.results;
  return terms && JSON.stringify(terms);
}
