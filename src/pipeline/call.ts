/** The path of a call: snapshot -> who -> decide -> audit -> run -> audit -> reply. There is no second one. */
import type { AuditRecord } from '../audit/record.ts';
import { catalogFor } from '../catalog/catalog.ts';
import type { ServerDefinition, Snapshot } from '../config/types.ts';
import { decideFor } from '../policy/ceiling.ts';
import type { Decision } from '../policy/rules.ts';
import { keepMembers } from '../protocol/json.ts';
import { isHopByHopMeta } from '../protocol/revisions.ts';
import { findMember } from '../protocol/scan.ts';
import { type ErrorCode, GatewayError } from '../shared/errors.ts';
import { unavailable } from '../tools/get-server-tools.ts';
import type { Connected, Deadline, Invocation, Operation, Target, ToolAnswer, ToolContext } from '../tools/types.ts';
import { askToSignIn, type SignInAnswer, takeSignInAnswer } from './ask-sign-in.ts';
import { attested } from './attested.ts';
import { denial } from './denial.ts';
import type { Done } from './limits.ts';
import type { PipelineParts } from './parts.ts';
import { signInError } from './sign-in.ts';
import { tenantOf } from './tenant.ts';
import type { Caller, Inbound, Outcome } from './types.ts';

/** Milliseconds a call may take where neither its arguments nor the server's entry say otherwise. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** One operation on its way. Fields fill up as it goes; the audit records what is known when it is written. */
interface Call {
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
  /** True from the moment at which the server may have received the call. */
  forwarded: boolean;
  /** What the caller's user did with the link that this call led to before. */
  readonly signIn: SignInAnswer | undefined;
}

/** Takes an operation all the way. Never rejects: every failure is an outcome. */
export async function runOperation(parts: PipelineParts, inbound: Inbound, operation: Operation): Promise<Outcome> {
  const signIn = takeSignInAnswer(inbound);
  const named = attested(signIn?.inbound ?? inbound);
  const call: Call = {
    operation,
    inbound: named instanceof Promise ? await named : named,
    requestId: parts.nextRequestId(),
    startedAt: performance.now(),
    invocation: undefined,
    snapshot: parts.snapshot(),
    caller: undefined,
    decision: undefined,
    target: undefined,
    refusedBy: undefined,
    done: undefined,
    forwarded: false,
    signIn: signIn?.answer,
  };
  let answer: ToolAnswer;
  let failure: GatewayError | undefined;
  try {
    call.invocation = operation.read(inbound);
    answer = await decideAndRun(parts, call, call.invocation);
  } catch (error) {
    try {
      answer = await afterSignIn(parts, call, classify(parts, call, error));
    } catch (last) {
      failure = classify(parts, call, last);
      call.refusedBy = ruleOf(failure);
      answer = operation.fail(failure);
    }
  }
  return finish(parts, call, answer, failure?.code);
}

async function decideAndRun(parts: PipelineParts, call: Call, invocation: Invocation): Promise<ToolAnswer> {
  const caller = whoCalls(call, invocation);
  const context = toolContext(parts, call, invocation, caller);
  const target = targetOf(invocation, context);
  call.target = target instanceof Promise ? await target : target;
  decide(call, invocation);
  if (!invocation.unlimited) {
    const admitted = parts.limiter.admit(call.snapshot, caller, () => Buffer.byteLength(call.inbound.text));
    call.done = admitted instanceof Promise ? await admitted : admitted;
  }
  if (invocation.executes) {
    await parts.audit.append(record(call, 'decided', 'ALLOW', null));
    if (call.inbound.signal.aborted) throw call.inbound.signal.reason;
  }
  if (call.signIn?.accepted !== undefined) await parts.desk.settled(call.signIn.accepted, call.inbound.signal);
  return invocation.run(context, call.target);
}

/** What a call is about, from its names alone where they say it. */
function targetOf(invocation: Invocation, context: ToolContext): Promise<Target> | Target | undefined {
  if (invocation.server !== undefined) return { server: invocation.server, name: invocation.tool };
  return invocation.locate && locate(invocation.locate(context));
}

async function locate(found: Promise<Target | undefined>): Promise<Target> {
  const target = await found;
  if (target === undefined) throw new GatewayError('TOOL_NOT_FOUND', 'There is nothing of this name that you may use.');
  return target;
}

function whoCalls(call: Call, invocation: Invocation): Caller {
  const caller = call.inbound.connection.resolve(call.snapshot, invocation.claimedAgent);
  call.caller = caller;
  return caller;
}

/** Whether the caller may, under the call's snapshot, on names alone: nobody has looked yet whether they exist. */
function decide(call: Call, invocation: Invocation): void {
  const { snapshot, caller, target } = call;
  if (target === undefined || caller === undefined) return;
  const { server, name } = target;
  const decision = decideFor(snapshot.policy, caller, server, name, invocation.kind);
  call.decision = decision;
  if (decision.allowed) return;
  throw denial({ agent: caller.agent, server, tool: name }, decision, snapshot.explainDenials);
}

function toolContext(parts: PipelineParts, call: Call, invocation: Invocation, caller: Caller): ToolContext {
  const { inbound } = call;
  const meta = findMember(inbound.params, '_meta')?.object;
  return {
    snapshot: call.snapshot,
    caller,
    decide: (server, name, kind) => decideFor(call.snapshot.policy, call.caller ?? caller, server, name, kind),
    catalog: catalogFor(parts.catalog, tenantOf(inbound, caller.agent)),
    results: parts.results,
    signal: inbound.signal,
    relay: {
      client: inbound.client,
      signal: inbound.signal,
      onProgress: inbound.onProgress,
      meta: meta === undefined ? '' : keepMembers(inbound.text, meta, (key) => !isHopByHopMeta(key)),
      parking: parts.parking,
      owner: JSON.stringify([inbound.connection.owner, caller.agent]),
      permitted: () => isPermitted(parts.snapshot(), call, invocation),
      taskOf: (server, id) => {
        const owner = { principal: inbound.connection.owner, agent: caller.agent };
        for (const [exposed, task] of parts.tasks.of(owner)) {
          if (task.server === server && task.id === id && task.era === inbound.client.era) return exposed;
        }
        return undefined;
      },
    },
    defaultTimeoutMs: DEFAULT_TIMEOUT_MS,
    connect: (deadline, prepare) => connect(parts, call, invocation, deadline, prepare),
    lease: async (server) => {
      const tenant = tenantOf(inbound, caller.agent);
      return parts.downstream.lease(server, { timeoutMs: DEFAULT_TIMEOUT_MS, signal: inbound.signal, tenant });
    },
    keepTask: (server, tool, id) => {
      const perSession = call.snapshot.servers.get(server)?.life?.sharing === 'per-session';
      return parts.tasks.keep({
        principal: inbound.connection.owner,
        agent: (call.caller ?? caller).agent,
        session: perSession ? inbound.client.session : undefined,
        claimed: invocation.claimedAgent,
        server,
        tool,
        id,
        era: inbound.client.era,
      });
    },
    status: parts.status,
  };
}

/** Whether this call would be allowed under another snapshot. */
function isPermitted(snapshot: Snapshot, { inbound, target }: Call, invocation: Invocation): boolean {
  try {
    const caller = inbound.connection.resolve(snapshot, invocation.claimedAgent);
    return (
      target !== undefined && decideFor(snapshot.policy, caller, target.server, target.name, invocation.kind).allowed
    );
  } catch {
    return false;
  }
}

/**
 * A connection for this call, and what `prepare` found out about the server first. What was decided under an older snapshot
 * is decided again before anything is forwarded, and a server that changed is prepared again.
 */
async function connect<T>(
  parts: PipelineParts,
  call: Call,
  invocation: Invocation,
  deadline: Deadline,
  prepare: (server: ServerDefinition) => Promise<T> | T,
): Promise<Connected<T>> {
  const name = call.target?.server ?? '';
  for (;;) {
    const server = call.snapshot.servers.get(name);
    if (server === undefined) throw unavailable(name);
    const tenant = tenantOf(call.inbound, call.caller?.agent ?? '');
    parts.downstream.expect(tenant.capabilities);
    // What is there already is not waited for.
    const preparing = prepare(server);
    const prepared = preparing instanceof Promise ? await preparing : preparing;
    const { signal } = call.inbound;
    const leasing = parts.downstream.lease(server, { timeoutMs: deadline.leftMs(), signal, tenant });
    const link = leasing instanceof Promise ? await leasing : leasing;
    const current = parts.snapshot();
    if (current !== call.snapshot) {
      call.snapshot = current;
      whoCalls(call, invocation);
      decide(call, invocation);
      if (current.servers.get(name)?.key !== server.key) continue;
    }
    call.forwarded = true;
    return { link, prepared };
  }
}

/** Errors of the catalogue pass; anything else is a fault of ours or the caller's abort, and must not leak its text. */
function classify(parts: PipelineParts, call: Call, error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (call.inbound.signal.aborted) return new GatewayError('CANCELLED', 'The call was cancelled by its caller.');
  parts.log.error(
    { err: error, operation: call.operation.name, request_id: call.requestId },
    'a call failed unexpectedly',
  );
  return new GatewayError('INTERNAL', `The gateway failed on this call; its log says why (request ${call.requestId}).`);
}

/** Goes on after AUTH_REQUIRED where the caller's user can sign in at once. @throws every other failure as it is */
async function afterSignIn(parts: PipelineParts, call: Call, failure: GatewayError): Promise<ToolAnswer> {
  const { inbound, invocation, operation, caller } = call;
  const server = call.snapshot.servers.get(String(failure.data?.['server']));
  if (failure.code !== 'AUTH_REQUIRED' || server === undefined) throw failure;
  const offer = await parts.desk.offer(call.snapshot, server, tenantOf(inbound, caller?.agent ?? ''), failure);
  const advised = signInError(server, String(failure.data?.['why']), offer, caller?.principal ?? '');
  if (offer === undefined || invocation === undefined || caller === undefined) throw advised;
  const about = {
    operation: operation.name,
    isTool: parts.tools.has(operation.name),
    answered: call.signIn !== undefined,
  };
  const asked = await askToSignIn(parts.desk, offer, inbound, about);
  if (asked === undefined) throw advised;
  return asked === 'again' ? invocation.run(toolContext(parts, call, invocation, caller), call.target) : asked;
}

async function finish(
  parts: PipelineParts,
  call: Call,
  answer: ToolAnswer,
  code: ErrorCode | undefined,
): Promise<Outcome> {
  call.done?.(() => (answer.kind === 'result' ? Buffer.byteLength(answer.body.text) : 0));
  const ms = performance.now() - call.startedAt;
  account(parts, call, answer);
  parts.metrics.record(call.operation.name, call.caller?.agent ?? '', ms, code ?? null);
  const decision = code === undefined ? 'ALLOW' : REFUSALS.has(code) ? 'DENY' : 'ERROR';
  try {
    await parts.audit.append(record(call, 'finished', decision, code ?? null));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const said = call.forwarded
      ? `The call was executed, but this could not be recorded: ${error.message}`
      : error.message;
    return call.operation.fail(new GatewayError(error.code, said));
  }
  return answer;
}

/** What the answer costs the agent that reads it. */
function account({ ledger }: PipelineParts, { caller, operation }: Call, answer: ToolAnswer): void {
  const kind = SPENDING.get(operation.name);
  if (kind === undefined || caller === undefined || answer.kind !== 'result') return;
  ledger.spend(caller.agent, kind, answer.body.text);
}

const SPENDING: ReadonlyMap<string, 'definitions' | 'results'> = new Map([
  ['list_servers', 'definitions'],
  ['get_server_tools', 'definitions'],
  ['search_tools', 'definitions'],
  ['tools/list', 'definitions'],
  ['execute_tool', 'results'],
  ['read_result', 'results'],
  ['tools/call', 'results'],
]);

const REFUSALS: ReadonlySet<ErrorCode> = new Set([
  'DENIED_BY_POLICY',
  'INVALID_AGENT_ID',
  'FALLBACK_AGENT_NOT_IN_RULES',
  'NO_FALLBACK_CONFIGURED',
  'RATE_LIMITED',
]);

function record(
  call: Call,
  phase: AuditRecord['phase'],
  decision: AuditRecord['decision'],
  code: ErrorCode | null,
): AuditRecord {
  const { caller, invocation, inbound } = call;
  return {
    operation: call.operation.name,
    phase,
    decision,
    request_id: call.requestId,
    principal: auditName(caller?.principal ?? inbound.connection.principal, inbound.connection.subject),
    claimed_agent: invocation?.claimedAgent ?? null,
    agent_id: caller?.agent ?? null,
    assurance: caller?.assurance ?? 'claim',
    server: call.target?.server ?? invocation?.server ?? null,
    tool: call.target?.name ?? invocation?.tool ?? null,
    rule: call.refusedBy ?? call.decision?.rule ?? null,
    error_code: code,
    latency_ms: Math.round((performance.now() - call.startedAt) * 1000) / 1000,
    detail: invocation?.detail,
  };
}

function ruleOf({ data }: GatewayError): string | undefined {
  const rule = data?.['rule'];
  return typeof rule === 'string' ? rule : undefined;
}

/** Who it was: the principal, and which of its bearers where it stands for many. */
function auditName(principal: string, subject: string | undefined): string {
  return subject === undefined ? principal : `${principal}/${subject}`;
}
