/** `run_code`: a program, or one that waited for people and goes on, and what its caller reads of it. */
import { ownResult, type ResultBody } from '../../protocol/era-codec.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { findMember, stringValue } from '../../protocol/members.ts';
import type { Retry } from '../../relay/calling-client.ts';
import { GatewayError } from '../../shared/errors.ts';
import { tokenLimit } from '../gateway-tools/read-result.ts';
import type { ToolAnswer, ToolContext } from '../operation.ts';
import { fitted } from '../results/fit-result.ts';
import { NO_SERVER } from '../results/result-store.ts';
import { valueBody } from '../tool-answer.ts';
import { failureText } from './failure.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { ProgramCalls, type ProgramOutcome } from './program-calls.ts';
import { programThreads } from './program-threads.ts';
import type { Ended } from './thread-messages.ts';
import { PROGRAM_PREFIX, waitingPrograms } from './waiting-programs.ts';

/** Characters of what a failed program logged that its agent reads. */
const MAX_LOGGED = 2_000;

export interface ProgramRequest {
  readonly code: string;
  /** SHA-256 of the code, in hex. */
  readonly program: string;
  readonly timeoutMs: number | undefined;
  readonly maxTokens: number | undefined;
}

/** Runs a program to its end, or until it waits for people. @throws GatewayError PROGRAM_FAILED, TIMEOUT, APPROVAL_PENDING, RATE_LIMITED */
export async function runProgram(context: ToolContext, program: ProgramRequest): Promise<ToolAnswer> {
  const { calls, outcome } = await begun(context, program);
  switch (outcome.kind) {
    case 'asks':
      return asked(context, outcome.body);
    case 'waits':
      throw outcome.error;
    case 'over':
      return answerOf(context, program, calls, outcome.ended);
  }
}

async function begun(
  context: ToolContext,
  program: ProgramRequest,
): Promise<{ calls: ProgramCalls; outcome: ProgramOutcome }> {
  const { ownerAndAgent, client } = context.relay;
  const waiting = waitingPrograms.take(ownerAndAgent, program.program);
  if (waiting instanceof ProgramCalls) {
    return { calls: waiting, outcome: await waiting.goOn(context, retryOf(context, client.retry)) };
  }
  if (client.retry?.requestState !== undefined) {
    throw new GatewayError(
      'UNKNOWN_HANDLE',
      'This program does not wait any more. Run it again if its calls may be made twice.',
    );
  }
  const said = context.snapshot.agentTerms.get(context.caller.agent)?.code;
  const terms = { ...DEFAULT_LIMITS, ...(said === false ? {} : said) };
  const limits = { ...terms, timeoutMs: Math.min(program.timeoutMs ?? terms.timeoutMs, terms.timeoutMs) };
  const calls = new ProgramCalls(context, program.program, limits);
  return { calls, outcome: await calls.start(programThreads(), program.code) };
}

/** What the caller sent along, for the call within that asked. */
function retryOf({ tag = '' }: ToolContext, retry: Retry | undefined): Retry | undefined {
  const state = retry?.requestState;
  if (retry === undefined || state?.startsWith(PROGRAM_PREFIX + tag) !== true) return undefined;
  const inner = state.slice((PROGRAM_PREFIX + tag).length);
  return { inputResponses: retry.inputResponses, requestState: inner === '' ? undefined : inner };
}

/** What a call within asks the caller, which comes back to the program with its answer. */
function asked({ tag = '' }: ToolContext, body: ResultBody): ToolAnswer {
  const { text } = body;
  const state = findMember(readObject(text), 'requestState');
  const own = JSON.stringify(PROGRAM_PREFIX + tag + (stringValue(text, state) ?? ''));
  const changed =
    state === undefined
      ? `{"requestState":${own},${text.slice(1)}`
      : text.slice(0, state.start) + own + text.slice(state.end);
  return { kind: 'result', body: { text: changed, metaAt: -1, resultType: 'input_required' } };
}

async function answerOf(
  context: ToolContext,
  { maxTokens }: ProgramRequest,
  calls: ProgramCalls,
  { returned, failure, logged, calls: made }: Ended,
): Promise<ToolAnswer> {
  if (returned === undefined) {
    const why = failure === undefined ? 'It ended without a word' : (calls.reason ?? failureText(failure));
    const done = made === 0 ? '' : ` It had made ${made} ${made === 1 ? 'call' : 'calls'}; what these did is done.`;
    const said = logged === '' ? '' : ` It had logged: ${logged.slice(0, MAX_LOGGED)}`;
    throw new GatewayError(calls.isLate ? 'TIMEOUT' : 'PROGRAM_FAILED', `${why.replace(/\.$/, '')}.${done}${said}`);
  }
  await context.readAgain(calls.touched);
  const body = await fitted(bodyOf(context, returned, logged), {
    maxTokens: tokenLimit(context, maxTokens),
    select: undefined,
    store: context.results,
    relay: {
      ownerAndAgent: context.relay.ownerAndAgent,
      owner: context.relay.owner,
      client: context.relay.client,
      permission: () => calls.permission(),
    },
    server: NO_SERVER,
    tool: '',
    labels: [...calls.touched],
  });
  return { kind: 'result', body };
}

function bodyOf(context: ToolContext, returned: string, logged: string): ResultBody {
  const value = returned === '' && logged === '' ? 'The program returned nothing: end it with return.' : returned;
  if (logged === '') return valueBody(value, context.relay.client, returned === '' ? 'any' : 'JSON');
  const texts = [...(returned === '' ? [] : [returned]), `console.log:\n${logged}`];
  return ownResult({ content: texts.map((text) => ({ type: 'text', text })) });
}
