/** The path of a call: snapshot -> who -> decide (and ask) -> audit -> run -> audit -> reply. There is no second one. */
import { noTimes, whileWaiting } from '../observe/call-times.ts';
import type { CallEnd } from '../observe/tracing.ts';
import type { Invocation, Operation, ToolAnswer } from '../operations/operation.ts';
import { screenedFailure } from '../operations/results/screen-result.ts';
import { spendingOf } from '../operations/spending.ts';
import { innerOf } from '../protocol/era-codec.ts';
import { type ErrorCode, GatewayError } from '../shared/errors.ts';
import { ApprovalNeeded } from './approval.ts';
import { takeApprovalAnswer } from './approval-dialogue.ts';
import { CallContext } from './call-context.ts';
import { effectOf, noteRedacted, record } from './call-record.ts';
import type { Caller, CallOutcome, Inbound } from './caller.ts';
import { type Call, decideAnew, locateAndDecide, whoCalls } from './decide-call.ts';
import type { PipelineDependencies } from './dependencies.ts';
import { attested } from './hook-attestation.ts';
import { askToSignIn, takeSignInAnswer } from './sign-in-elicitation.ts';
import { signInError } from './sign-in-prompts.ts';
import { tenantOf } from './tenant.ts';
import { watchCall } from './watches/watch-call.ts';

/** Takes an operation all the way. Never rejects: every failure is an outcome. */
export async function runOperation(
  parts: PipelineDependencies,
  inbound: Inbound,
  operation: Operation,
): Promise<CallOutcome> {
  const signIn = takeSignInAnswer(inbound);
  const approval = takeApprovalAnswer(inbound);
  const named = attested(signIn?.inbound ?? approval?.inbound ?? inbound);
  const call: Call = {
    operation,
    inbound: named instanceof Promise ? await named : named,
    requestId: parts.nextRequestId(),
    startedAt: performance.now(),
    times: noTimes(),
    invocation: undefined,
    snapshot: parts.snapshot(),
    caller: undefined,
    decision: undefined,
    asked: undefined,
    target: undefined,
    args: undefined,
    access: undefined,
    said: undefined,
    carried: parts.carried,
    refusedBy: undefined,
    done: undefined,
    isCounted: false,
    forwarded: false,
    isKept: false,
    isRecorded: false,
    writing: undefined,
    signIn: signIn?.answer,
    answer: approval?.answer,
    approval: undefined,
  };
  let answer: ToolAnswer;
  let failure: GatewayError | undefined;
  try {
    const invocation = operation.read(call.inbound);
    call.invocation = invocation;
    const context = new CallContext(parts, call, invocation, whoCalls(call, invocation));
    const admitting = admit(parts, call, invocation, context);
    if (admitting !== undefined) await admitting;
    if (invocation.executes) {
      const watching = watchCall(parts, call);
      if (watching !== undefined) await watching;
      const writing = writeDecision(parts, call);
      // A result that is kept is released with both records in one write.
      if (call.signIn === undefined && invocation.mayBeKept?.(context, call.target) === true) call.writing = writing;
      else if (writing !== undefined) await writing;
      call.isRecorded = true;
      if (call.inbound.signal.aborted) throw call.inbound.signal.reason;
    }
    if (call.signIn?.accepted !== undefined)
      await whileWaiting(call.times, 'people', parts.signInPrompts.settled(call.signIn.accepted, call.inbound.signal));
    const running = invocation.run(context, call.target);
    answer = running instanceof Promise ? await running : running;
  } catch (error) {
    try {
      if (call.writing !== undefined) await call.writing;
      if (!call.isCounted && call.invocation?.unlimited !== true) await countCall(parts, call);
      answer = await afterPeople(parts, call, classify(parts, call, error));
    } catch (last) {
      failure = await cleared(call, advised(classify(parts, call, last), operation));
      call.refusedBy = ruleOf(failure);
      answer = operation.fail(failure);
    }
  }
  if (call.watch !== undefined) answer = await call.watch.after(call, answer, failure?.code);
  try {
    const writing = conclude(parts, call, answer, failure?.code);
    if (call.writing !== undefined) await call.writing;
    if (writing !== undefined) await writing;
    return answer;
  } catch (error) {
    return unrecorded(call, error);
  }
}

/** Writes the record without which nothing is forwarded. @returns as `AuditSink.append` */
function writeDecision({ audit }: PipelineDependencies, call: Call): Promise<void> | undefined {
  return audit.append(record(call, 'decided', effectOf(call), null, performance.now() - call.startedAt));
}

/** Counts the call and decides; waits only where others count with us, or the names alone do not say what it is about. */
function admit(
  parts: PipelineDependencies,
  call: Call,
  invocation: Invocation,
  context: CallContext,
): Promise<void> | void {
  const counting = invocation.unlimited ? undefined : countCall(parts, call);
  return counting instanceof Promise
    ? counting.then(() => locateAndDecide(parts.snapshot, call, invocation, context))
    : locateAndDecide(parts.snapshot, call, invocation, context);
}

/** Refused calls count like allowed ones: a caller without room is not even told whether it may. */
function countCall({ limiter }: PipelineDependencies, call: Call): Promise<void> | void {
  const { snapshot, caller, inbound } = call;
  const who = { principal: caller?.principal ?? inbound.connection.principal, agent: caller?.agent ?? '' };
  call.isCounted = true;
  const admitted = limiter.admit(snapshot, who, () => Buffer.byteLength(inbound.text));
  if (!(admitted instanceof Promise)) call.done = admitted;
  else
    return admitted.then((done) => {
      call.done = done;
    });
}

/** A failure without what the rules take out of the results of its server. */
function cleared(call: Call, error: GatewayError): Promise<GatewayError> | GatewayError {
  const { snapshot, target } = call;
  if (target === undefined || snapshot.servers.get(target.server)?.results === undefined) return error;
  const screened = (counts: ReadonlyMap<string, number>): void => noteRedacted(call, counts);
  return screenedFailure({ snapshot, screened }, target.server, error);
}

/** A failure with what its caller can do about it, where only its view says that. */
function advised(error: GatewayError, { wording }: Operation): GatewayError {
  if (error.data?.['tookTooLong'] !== true) return error;
  return error.with({ message: `${error.message} ${wording.allowLonger}` });
}

/** Errors of the catalogue pass; anything else is a fault of ours or the caller's abort, and must not leak its text. */
function classify(parts: PipelineDependencies, call: Call, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (call.inbound.signal.aborted) return new GatewayError('CANCELLED', 'The call was cancelled by its caller.');
  parts.log.error(
    { err: error, operation: call.operation.name, request_id: call.requestId },
    'a call failed unexpectedly',
  );
  return new GatewayError('INTERNAL', `The gateway failed on this call; its log says why (request ${call.requestId}).`);
}

/** Tries of one call that waits for people: a reload of the rules begins another one. */
const MAX_TRIES = 100;

/** Goes on after what people can do something about: an approval, a sign-in. @throws GatewayError every other failure as it is */
async function afterPeople(parts: PipelineDependencies, call: Call, first: GatewayError): Promise<ToolAnswer> {
  const { invocation } = call;
  if (invocation === undefined || call.caller === undefined || !waitsForPeople(first)) throw first;
  const contextOf = (caller: Caller): CallContext => new CallContext(parts, call, invocation, caller);
  // Few calls ask anybody.
  const { Asking } = await import('./asking.ts');
  const asking = new Asking(parts, call);
  let failure = first;
  let isMoot = false;
  try {
    for (let tries = 1; tries < MAX_TRIES; tries++) {
      if (!waitsForPeople(failure)) throw failure;
      const people = failure instanceof ApprovalNeeded ? asking.ask(failure.use) : afterSignIn(parts, call, failure);
      const outcome = await whileWaiting(call.times, 'people', people);
      if (outcome !== 'again') return outcome;
      try {
        if (call.isRecorded) await decideAnew(parts.snapshot, call, invocation, contextOf);
        else await admitAgain(parts, call, invocation, contextOf);
        const answer = await invocation.run(contextOf(call.caller), call.target);
        isMoot = true;
        return answer;
      } catch (error) {
        failure = classify(parts, call, error);
        // After other failures the same call may come again, and find the question or its answer.
        isMoot = failure.code === 'DENIED_BY_POLICY';
      }
    }
    throw failure;
  } finally {
    await asking.end(isMoot);
  }
}

/** True for a failure that people can do something about now. */
function waitsForPeople(failure: GatewayError): boolean {
  return failure instanceof ApprovalNeeded || failure.code === 'AUTH_REQUIRED';
}

/** Decides about a call that could not be decided before, since its tool was not known, and records it. */
async function admitAgain(
  parts: PipelineDependencies,
  call: Call,
  invocation: Invocation,
  contextOf: (caller: Caller) => CallContext,
): Promise<void> {
  call.snapshot = parts.snapshot();
  await locateAndDecide(parts.snapshot, call, invocation, contextOf(whoCalls(call, invocation)));
  if (!invocation.executes) return;
  await watchCall(parts, call);
  await writeDecision(parts, call);
  call.isRecorded = true;
}

/** The answer to AUTH_REQUIRED where the caller's user can sign in at once. @throws AUTH_REQUIRED where that cannot be */
async function afterSignIn(
  parts: PipelineDependencies,
  call: Call,
  failure: GatewayError,
): Promise<'again' | ToolAnswer> {
  const { inbound, operation, caller } = call;
  const server = call.snapshot.servers.get(String(failure.data?.['server']));
  if (server === undefined) throw failure;
  const offer = await parts.signInPrompts.offer(call.snapshot, server, tenantOf(inbound, caller?.agent ?? ''), failure);
  const advised = signInError(server, String(failure.data?.['why']), offer, caller?.principal ?? '');
  if (offer === undefined) throw advised;
  const about = {
    operation: operation.name,
    isTool: parts.tools.has(operation.name),
    answered: call.signIn !== undefined,
  };
  const asked = await askToSignIn(parts.signInPrompts, offer, inbound, about);
  if (asked === undefined) throw advised;
  return asked;
}

/** Counts a call that is over. @returns as `AuditSink.append` of its record */
function conclude(
  parts: PipelineDependencies,
  call: Call,
  answer: ToolAnswer,
  code: ErrorCode | undefined,
): Promise<void> | undefined {
  call.done?.(() => (answer.kind === 'result' ? Buffer.byteLength(answer.body.text) : 0));
  const endedAt = performance.now();
  const ms = endedAt - call.startedAt;
  const tokens = account(parts, call, answer);
  parts.metrics.record(call.operation.countedAs ?? call.operation.name, call.caller?.agent ?? '', ms, code ?? null);
  const decision = code === undefined ? effectOf(call) : REFUSALS.has(code) ? 'DENY' : 'ERROR';
  const server = call.target?.server;
  if (server !== undefined && (call.forwarded || decision === 'ERROR') && call.snapshot.servers.has(server)) {
    parts.metrics.recordCall(server, endedAt, ms, call.times, code ?? null);
  }
  const finished = record(call, 'finished', decision, code ?? null, ms, tokens);
  call.inbound.span?.concluded(finished, endOf(call, answer, code));
  return code === undefined || call.isRecorded ? parts.audit.append(finished) : parts.audit.refuse(finished);
}

function endOf({ forwarded, times }: Call, answer: ToolAnswer, code: ErrorCode | undefined): CallEnd {
  const result = answer.kind === 'result' ? answer.body : undefined;
  const isError = code !== undefined || result?.isError === true;
  return { isError, result: result?.text, queuedMs: forwarded ? times.queue : undefined };
}

/** The error in the place of an answer that must not be released. */
function unrecorded(call: Call, error: unknown): ToolAnswer {
  if (!(error instanceof GatewayError)) throw error;
  const said = call.forwarded
    ? `The call was executed, but this could not be recorded: ${error.message}`
    : error.message;
  return call.operation.fail(new GatewayError(error.code, said));
}

/** Counts what the answer costs the agent that reads it. @returns its tokens, estimated; undefined for what costs nothing */
function account(
  { ledger }: PipelineDependencies,
  { caller, operation, inbound }: Call,
  answer: ToolAnswer,
): number | undefined {
  const kind = inbound.parent === undefined ? spendingOf(operation.name) : undefined;
  if (kind === undefined || caller === undefined || answer.kind !== 'result') return undefined;
  return ledger.spend(caller.agent, kind, innerOf(answer.body));
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'DENIED_BY_POLICY',
  'INVALID_AGENT_ID',
  'FALLBACK_AGENT_NOT_IN_RULES',
  'NO_FALLBACK_CONFIGURED',
  'RATE_LIMITED',
  'BUDGET_EXCEEDED',
  'REPEATED_CALL',
  'APPROVAL_PENDING',
  'APPROVAL_DENIED',
]);

function ruleOf({ data }: GatewayError): string | undefined {
  const rule = data?.['rule'];
  return typeof rule === 'string' ? rule : undefined;
}
