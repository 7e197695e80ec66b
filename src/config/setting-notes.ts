import { NO_HOME } from '../shared/cannot-write.ts';
import { NOWHERE } from '../shared/standard-folders.ts';
import type { Settings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';

/** Notes on what does not work although both files are valid: the settings of this process do not go with the rules. */
export function settingNotes({ defaultAgent, transport, cacheDir }: Settings, snapshot: Snapshot): readonly string[] {
  const { policy, principals, denyOnMissingAgent, paths } = snapshot;
  const notes: string[] = cacheDir.startsWith(NOWHERE) ? [NO_HOME] : [];
  if (defaultAgent !== undefined && !denyOnMissingAgent && !policy.hasAgent(defaultAgent)) {
    notes.push(
      `GATEWAY_DEFAULT_AGENT is '${defaultAgent}', which is not an agent of ${paths.rules}: calls that do not name an agent fail. Correct it, or add the agent.`,
    );
  }
  if (defaultAgent !== undefined && policy.isShadow(defaultAgent)) {
    notes.push(
      `GATEWAY_DEFAULT_AGENT is '${defaultAgent}', which is in shadow mode: calls that do not name it are held to its rules all the same.`,
    );
  }
  const listed = [...(principals?.values() ?? [])];
  if (transport === 'stdio' && listed.length > 0 && !listed.some(({ stdio }) => stdio)) {
    notes.push(
      `No principal of ${paths.rules} has "stdio": true: the gateway serves over HTTP only (--transport http). Clients that start it themselves need one: "local": {"stdio": true, "may_assume": ["*"]}`,
    );
  }
  return notes;
}
