import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { type ToolChoice, toolChoiceOf } from '../operations/gateway-tools/executor-choice.ts';
import { DIRECT, DISCOVERY, type View } from '../operations/server-methods/view.ts';
import type { Connection } from '../pipeline/caller.ts';
import { GatewayError } from '../shared/errors.ts';

/** The view of a connection: as the rules of its agent say, otherwise as `--expose` does. */
export function viewOf({ expose }: Pick<Settings, 'expose'>, connection: Connection, snapshot: Snapshot): View {
  const chosen = ruled(connection, snapshot) ?? expose;
  return chosen === 'direct' ? DIRECT : DISCOVERY;
}

function ruled(connection: Connection, snapshot: Snapshot): 'discovery' | 'direct' | undefined {
  try {
    return snapshot.agentTerms.get(connection.resolve(snapshot, undefined).agent)?.expose;
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

/** The gateway's own tools that a connection is shown: of an agent that its calls do not name, nobody knows yet which it is. */
export function ownToolsFor(connection: Connection, snapshot: Snapshot): ToolChoice {
  const isPlain = snapshot.code !== true;
  if (isPlain && [...snapshot.agentTerms.values()].every(({ execute, code }) => execute !== 'split' && !code))
    return 'one';
  return toolChoiceOf(
    snapshot,
    snapshot.policy.agents.filter((agent) => connection.mayBe(snapshot, agent)),
  );
}
