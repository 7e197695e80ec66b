/** Runs the commands of `flow`. */
import { openAudit } from '../audit/audit-log.ts';
import { eventRecord } from '../audit/event-record.ts';
import type { Settings } from '../config/settings.ts';
import type { KeptLabel, LabelPlace, PlacedLabel } from '../pipeline/flow/label-files.ts';
import { GatewayError } from '../shared/errors.ts';
import { user } from './accept-definitions.ts';
import { count } from './count.ts';
import type { FlowFlags, ResetFlags } from './flow-command.ts';
import { withLabels } from './label-place.ts';
import { print, printJson } from './output.ts';
import { table } from './table.ts';

export async function show(settings: Settings, flags: FlowFlags): Promise<void> {
  const found = await withLabels(settings, (place) => carried(place, flags));
  if (flags.json === true) return printJson(found.map(({ kept }) => reported(kept)));
  if (found.length === 0) return print('Nobody carries anything.');
  const rows = found.map(({ kept: { caller, agent, label, touched } }) => [
    caller,
    agent ?? 'any agent',
    label,
    touched === null ? '' : new Date(touched.at).toISOString(),
    touched === null ? '' : `${touched.server}${touched.name === null ? '' : ` ${touched.name}`}`,
  ]);
  for (const line of table([['caller', 'agent', 'label', 'last touched', 'by'], ...rows])) print(line.trimEnd());
}

/** @throws GatewayError USAGE, CANNOT_WRITE, AUDIT_UNAVAILABLE */
export async function reset(settings: Settings, flags: ResetFlags): Promise<void> {
  const { caller, agent, label, all } = flags;
  const isChosen = [caller, agent, label].some((one) => one !== undefined);
  if (isChosen === (all === true)) {
    throw new GatewayError('USAGE', 'Say whose labels: --caller, --agent or --label, or --all for everybody.');
  }
  const found = await withLabels(settings, (place) => takeBack(settings, place, flags));
  if (flags.json === true) return printJson({ reset: found.map(({ kept }) => reported(kept)) });
  print(`Taken back: ${count(found.length, 'label')}.`);
}

async function takeBack(settings: Settings, place: LabelPlace, flags: ResetFlags): Promise<readonly PlacedLabel[]> {
  const found = await carried(place, flags);
  // Recorded before it happens, as every call is.
  await record(
    settings,
    found.map(({ kept }) => kept),
  );
  const now = Date.now();
  try {
    for (const { path, kept } of found) await place.reset(path, kept, now);
  } catch (cause) {
    throw new GatewayError('CANNOT_WRITE', 'What is carried could not be written; see who may write to its folder.', {
      cause,
    });
  }
  return found;
}

/** The labels that are carried and meant, oldest first. */
async function carried(place: LabelPlace, { caller, agent, label }: FlowFlags): Promise<readonly PlacedLabel[]> {
  return (await place.all())
    .filter(
      ({ kept }) =>
        kept.touched !== null &&
        (caller === undefined || kept.caller === caller) &&
        (agent === undefined || kept.agent === agent) &&
        (label === undefined || kept.label === label),
    )
    .toSorted((one, other) => (one.kept.touched?.at ?? 0) - (other.kept.touched?.at ?? 0));
}

function reported({ rules, caller, agent, label, touched }: KeptLabel): object {
  return {
    caller,
    agent,
    label,
    touched_at: touched === null ? null : new Date(touched.at).toISOString(),
    server: touched?.server ?? null,
    name: touched?.name ?? null,
    rules_file: rules,
  };
}

async function record(settings: Settings, labels: readonly KeptLabel[]): Promise<void> {
  const audit = openAudit({
    path: settings.auditLog,
    redact: String,
    secretsVersion: () => 0,
    onEvent: () => undefined,
  });
  try {
    await Promise.all(
      labels.map(({ caller, agent, label }) =>
        audit.append(
          eventRecord({
            operation: 'flow_reset',
            decision: 'ALLOW',
            principal: caller,
            agent_id: agent,
            detail: { label, by: user() },
          }),
        ),
      ),
    );
  } finally {
    await audit.close();
  }
}
