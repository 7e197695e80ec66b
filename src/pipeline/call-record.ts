/** The audit records of a call: one before it is forwarded, one before its answer is released. */
import type { AuditRecord } from '../audit/audit-record.ts';
import type { ErrorCode } from '../shared/errors.ts';
import type { Call } from './decide-call.ts';
import { labelsOf } from './flow/flow-of-call.ts';

/** The decision in the record of a call that was not refused: one that nobody has approved is not allowed yet. */
export function effectOf({ decision, approval, invocation }: Call): AuditRecord['decision'] {
  return decision?.effect === 'ask' && approval === undefined && invocation?.continues !== true ? 'ASK' : 'ALLOW';
}

/** @param ms milliseconds since the call came. @param tokens of what the agent read, estimated */
export function record(
  call: Call,
  phase: AuditRecord['phase'],
  decision: AuditRecord['decision'],
  code: ErrorCode | null,
  ms: number,
  tokens?: number,
): AuditRecord {
  const { caller, invocation, inbound, times } = call;
  const isOver = phase === 'finished';
  return {
    operation: call.operation.name,
    phase,
    decision,
    request_id: call.requestId,
    parent_request_id: inbound.parent?.requestId,
    program: inbound.parent?.program,
    principal: auditName(caller?.principal ?? inbound.connection.principal, inbound.connection.subject),
    claimed_agent: invocation?.claimedAgent ?? null,
    agent_id: caller?.agent ?? null,
    assurance: caller?.assurance ?? 'claim',
    server: call.target?.server ?? invocation?.server ?? null,
    tool: call.target?.name ?? invocation?.tool ?? null,
    original: originalOf(call),
    virtual: virtualOf(call),
    rule: call.refusedBy ?? call.decision?.rule ?? null,
    pointer: call.refusedBy === undefined ? call.decision?.pointer : undefined,
    shadow: call.refusedBy === undefined ? call.decision?.shadowed : undefined,
    sandbox: sandboxOf(call),
    labels: call.snapshot.policy.flow === undefined ? undefined : labelsOf(call)?.join(' '),
    error_code: code,
    latency_ms: rounded(ms),
    queue_ms: isOver && call.forwarded ? rounded(times.queue) : undefined,
    server_ms: isOver && call.forwarded ? rounded(times.server) : undefined,
    people_ms: isOver && times.people > 0 ? rounded(times.people) : undefined,
    tokens,
    redacted: isOver && call.redacted !== undefined ? Object.fromEntries(call.redacted) : undefined,
    cached: isOver && call.isKept ? true : undefined,
    detail: call.isRecorded ? undefined : invocation?.detail,
  };
}

/** The name that the server has for what is called, where that is another one. */
function originalOf({ snapshot, target, invocation }: Call): string | undefined {
  const { server = '', name } = target ?? {};
  const overrides = snapshot.servers.get(server)?.overrides;
  if (overrides === undefined || name === undefined) return undefined;
  const original = overrides.originalOf(invocation?.kind ?? 'tool', name);
  return original === name ? undefined : original;
}

/** The virtual server by which the call names its tool. */
function virtualOf({ asked, target }: Call): string | undefined {
  return asked === target ? undefined : asked?.server;
}

/** The walls around the program that a call is for. */
function sandboxOf({ snapshot, target }: Call): AuditRecord['sandbox'] {
  const link = target === undefined ? undefined : snapshot.servers.get(target.server)?.link;
  if (link?.transport !== 'stdio') return undefined;
  const network = link.sandbox?.network;
  if (network === undefined) return 'none';
  return typeof network === 'boolean' ? (network ? 'network' : 'offline') : 'hosts';
}

/** To a microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** The caller for the log: the principal, and which of its bearers where it stands for many. */
function auditName(principal: string, subject: string | undefined): string {
  return subject === undefined ? principal : `${principal}/${subject}`;
}

/** Counts what was taken out of the result of a call. */
export function noteRedacted(call: Call, counts: ReadonlyMap<string, number>): void {
  const all = new Map(call.redacted);
  for (const [kind, count] of counts) all.set(kind, (all.get(kind) ?? 0) + count);
  call.redacted = all;
}
