/**
 * A call that was decided `ask`, until a person said yes. `requireApproval` is the one place that lets it on, at the last moment
 * before it is forwarded; where it does not, the pipeline asks (`Asking`) and runs the operation again.
 */
import { type Bound, bindingOf, type Question } from '../approvals/question.ts';
import { accessOfTool } from '../catalog/tool-access.ts';
import type { ToolEntry } from '../catalog/tool-entry.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import type { Invocation } from '../operations/operation.ts';
import { argumentsDigest } from '../policy/standing-answers.ts';
import { GatewayError } from '../shared/errors.ts';
import { type Call, decisionFor } from './decide-call.ts';

/** The right of one call to go on. */
export interface Approval {
  /** The calls that it is good for (`bindingOf`). */
  readonly binding: string;
  /** Uses it up; once for all calls, and again for this one. @throws ApprovalNeeded where it is not good any more */
  use(): Promise<void>;
}

/** The use that a call has no approval for. */
export interface Unapproved {
  readonly bound: Bound;
  /** The access of the tool, as its server or the owner says. */
  readonly access: string | undefined;
}

/** APPROVAL_PENDING of a call that somebody can be asked about. What that is stays in the pipeline. */
export class ApprovalNeeded extends GatewayError {
  readonly use: Unapproved;

  constructor(use: Unapproved, question?: Question) {
    super('APPROVAL_PENDING', waitsFor(question));
    this.use = use;
  }
}

/**
 * The approval that a call needs before it is forwarded.
 * @param described what it calls, as the server describes it; undefined where it does not
 * @returns undefined where it needs none.
 * @throws ApprovalNeeded where it has none yet
 */
export function requireApproval(
  call: Call,
  invocation: Invocation,
  server: ServerDefinition,
  described: ToolEntry | undefined,
): Approval | undefined {
  if (call.decision?.effect !== 'ask' || !needsApproval(invocation)) return undefined;
  const bound = boundOf(call, invocation, server, described?.hash);
  if (call.approval?.binding === bindingOf(bound)) return call.approval;
  const { policy } = call.snapshot;
  const access = described && policy.accessOf(server.name, described.name, accessOfTool(described));
  throw new ApprovalNeeded({ bound, access });
}

/** Nobody is asked about what only looks, nor again about a call that goes on. */
function needsApproval({ executes, continues }: Invocation): boolean {
  return executes && continues !== true;
}

function boundOf(
  call: Call,
  invocation: Invocation,
  { name, key }: ServerDefinition,
  definition: string | undefined,
): Bound {
  const { operation, inbound, snapshot, caller, target, decision, args: sent } = call;
  const { asks, kind = 'tool' } = invocation;
  const virtual = askedByVirtual(call, invocation);
  const { agent = '', ceiling } = caller ?? {};
  const { others = '' } = asks ?? {};
  const args = sent?.text ?? asks?.args ?? '{}';
  const versions = [agent, ...(ceiling === undefined ? [] : [ceiling])].map((one) => snapshot.policy.version(one));
  return {
    owner: inbound.connection.owner,
    agent,
    ceiling,
    session: inbound.client.session,
    server: virtual?.server ?? name,
    serverKey: key,
    operation: operation.name,
    kind,
    name: (virtual ?? target)?.name ?? '',
    arguments: argumentsDigest(others === '' ? args : `{"arguments":${args},${others}}`),
    definition,
    rules: versions.join(' '),
    rule: decision?.rule ?? '',
  };
}

/** The virtual tool whose own rules want a person to be asked; undefined where those of the tool itself do. */
function askedByVirtual(call: Call, invocation: Invocation): Call['asked'] {
  const { asked, target, caller, access } = call;
  if (asked === target || target === undefined || caller === undefined) return undefined;
  return decisionFor(call, caller, target, invocation, access ?? 'any').effect === 'ask' ? undefined : asked;
}

/** APPROVAL_PENDING of a call that nobody else can be asked about now. */
export function pending(question: Question): GatewayError {
  return new GatewayError('APPROVAL_PENDING', waitsFor(question));
}

/** @param question undefined where none was asked yet */
function waitsFor(question: Question | undefined): string {
  const which = question === undefined ? '' : ` (question ${question.id.slice(0, 8)})`;
  return `A person has to approve this call, and nobody has answered yet${which}. It was not executed. Tell the user that it waits for an answer, then make exactly the same call again.`;
}
