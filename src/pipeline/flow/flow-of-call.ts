/** The labels of a call, and those that its caller carries, for the rules over combinations. Asked only where there are some. */

import { RUN_CODE } from '../../policy/executors.ts';
import type { CallFacts } from '../../policy/rules-data.ts';
import { labelsOfResult } from '../../policy/trust-annotations.ts';
import type { ResultBody } from '../../protocol/era-codec.ts';
import { readObjectInTurns } from '../../protocol/json-rpc.ts';
import { findMember, parsedValue } from '../../protocol/members.ts';
import type { Call } from '../decide-call.ts';
import type { Carrier } from './carried-labels.ts';

/** Longest window: what a question says is touched. */
const ANY_TIME = Number.POSITIVE_INFINITY;

/** The labels of what is called: as the owner says, else as its server does. Undefined where no rule asks for them. */
export function labelsOf({
  snapshot,
  asked,
  target,
  invocation,
  said,
}: Pick<Call, 'snapshot' | 'asked' | 'target' | 'invocation' | 'said'>): readonly string[] | undefined {
  const { flow } = snapshot.policy;
  if (flow === undefined || target === undefined) return undefined;
  const kind = invocation?.kind ?? 'tool';
  const own = flow.labelsOf(target.server, target.name, kind) ?? said;
  if (asked === undefined || asked.server === target.server) return own;
  // Of a virtual server: what is said of either name.
  const more = flow.labelsOf(asked.server, asked.name, kind);
  return more === undefined ? own : [...new Set([...(own ?? []), ...more])];
}

/** Looks what others remember of the caller, before rules ask; undefined where that needs no waiting. Never rejects. */
export function refreshOf(call: Call): Promise<void> | undefined {
  const { caller, snapshot, carried } = call;
  return caller === undefined || snapshot.policy.flow === undefined ? undefined : carried.refresh(carrierOf(call));
}

/** Tells the rules what the caller carries. */
export function carriesOf(call: Call): CallFacts['carries'] {
  const carrier = carrierOf(call);
  return (label, windowMs) => call.carried.touchedBy(carrier, label, windowMs) !== undefined;
}

/**
 * Remembers what the call touches, before it is forwarded.
 * @param labels of the result of a program that it reads
 * @throws GatewayError AUDIT_UNAVAILABLE
 */
export function touchOf(call: Call, labels: Iterable<string> = labelsOf(call) ?? []): Promise<void> | undefined {
  return touch(call, [...labels], 'before');
}

/** Remembers what the server says of its result: whatever the caller selects of it, it has been read. @throws GatewayError AUDIT_UNAVAILABLE */
export function touchOfResult(call: Call, { text, metaAt }: ResultBody): Promise<void> | undefined {
  return metaAt < 0 ? undefined : touchSaid(call, text);
}

async function touchSaid(call: Call, text: string): Promise<void> {
  const root = await readObjectInTurns(text, { _meta: { annotations: {} } });
  const value = parsedValue(text, findMember(findMember(root, '_meta')?.object, 'annotations'));
  if (typeof value !== 'object' || value === null) return;
  await touch(call, labelsOfResult(value as Readonly<Record<string, unknown>>), 'after');
}

function touch(call: Call, labels: readonly string[], when: 'before' | 'after'): Promise<void> | undefined {
  if (labels.length === 0) return undefined;
  // The result of a program is of no server.
  const { server, name = null } = call.target ?? { server: RUN_CODE };
  for (const label of labels) call.inbound.parent?.touched.add(label);
  return call.carried.touch(carrierOf(call), labels, { server, name }, when);
}

/** The labels that decided, each with its cause, for whoever is asked. */
export function carriedWords(call: Call): readonly string[] | undefined {
  const after = call.decision?.after;
  if (after === undefined) return undefined;
  const carrier = carrierOf(call);
  return after.map((label) => {
    const by = call.carried.touchedBy(carrier, label, ANY_TIME);
    if (by === undefined) return label;
    return `${label} (${by.server}${by.name === null ? '' : `: ${by.name}`}, ${new Date(by.at).toISOString()})`;
  });
}

/** Agents that nothing but a claim tells apart are one: whatever a model is told, it can claim to be another. */
function carrierOf({ snapshot, inbound, caller }: Call): Carrier {
  const { connection, client } = inbound;
  const { principal, subject } = connection;
  const name = caller?.principal ?? principal;
  return {
    rules: snapshot.paths.rules,
    owner: connection.owner,
    agent: caller === undefined || caller.assurance === 'claim' ? undefined : caller.agent,
    caller: subject === undefined ? name : `${name}/${subject}`,
    session: client.session,
  };
}
