/** One operation on its way, who it is from, and whether it may go on. */
import type { Snapshot } from '../config/snapshot.ts';
import type { Invocation, Operation, Target } from '../operations/operation.ts';
import { decideFor } from '../policy/ceiling.ts';
import type { Decision } from '../policy/rules-data.ts';
import type { Approval, Unapproved } from './approval.ts';
import type { DialogueAnswer } from './approval-dialogue.ts';
import type { Caller, Inbound } from './caller.ts';
import { denial } from './denial.ts';
import type { Done } from './rate-limits.ts';
import type { SignInAnswer } from './sign-in-elicitation.ts';

/** Fields fill up as it goes; the audit records what is known when it is written. */
export interface Call {
  readonly operation: Operation;
  readonly inbound: Inbound;
  readonly requestId: string;
  readonly startedAt: number;
  invocation: Invocation | undefined;
  snapshot: Snapshot;
  caller: Caller | undefined;
  decision: Decision | undefined;
  /** What is decided on; undefined where nothing is, or not yet. */
  target: Target | undefined;
  /** The rule that refused the call besides the decision: it left it without an agent, or is a limit. */
  refusedBy: string | undefined;
  /** Says that the call is over to what limits it. */
  done: Done | undefined;
  /** True where limits have counted it; what fails before counts as well. */
  isCounted: boolean;
  /** True from the moment at which the server may have received the call. */
  forwarded: boolean;
  /** True where a record has its details already. */
  isRecorded: boolean;
  /** What the caller's user did with the link that this call led to before. */
  readonly signIn: SignInAnswer | undefined;
  /** What the caller's user answered to a question about this call. */
  readonly answer: DialogueAnswer | undefined;
  /** What it needs an approval for and has none. */
  unapproved: Unapproved | undefined;
  /** What it was approved for. */
  approval: Approval | undefined;
}

/** Who calls, under the call's snapshot. @throws GatewayError as `Connection.resolve` */
export function whoCalls(call: Call, invocation: Invocation): Caller {
  const { snapshot, inbound, operation } = call;
  const caller = inbound.connection.resolve(snapshot, invocation.claimedAgent, operation.wording.nameAgent);
  call.caller = caller;
  return caller;
}

/**
 * Whether the caller may, under the call's snapshot, on names alone: nobody has looked yet whether they exist. What is decided `ask`
 * goes on: `requiredApproval` stops it before it is forwarded.
 * @throws GatewayError DENIED_BY_POLICY
 */
export function decide(call: Call, invocation: Invocation): void {
  const { snapshot, caller, target, operation } = call;
  if (target === undefined || caller === undefined) return;
  const { server, name } = target;
  const decision = decideFor(snapshot.policy, caller, server, name, invocation.kind);
  call.decision = decision;
  if (decision.allowed) return;
  throw denial(
    { agent: caller.agent, server, tool: name },
    decision,
    snapshot.explainDenials,
    operation.wording.seePermitted,
  );
}
