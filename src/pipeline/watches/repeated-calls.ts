/**
 * Finds agents that go round in circles: the same call, with the same arguments and the same answer, again and again. It is answered
 * without its server then, until a while has passed: whoever waits for something may look again.
 */
import { createHash } from 'node:crypto';
import type { ToolAnswer } from '../../operations/operation.ts';
import { canonicalJson } from '../../protocol/canonical-json.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { keepMembers } from '../../protocol/json-text.ts';
import { type ErrorCode, GatewayError } from '../../shared/errors.ts';
import type { Call } from '../decide-call.ts';

/** Milliseconds without such a call after which it is no loop any more. */
const PAUSE_MS = 60_000;
/** Callers and tools that are remembered. */
const MAX_KEPT = 10_000;

/** What was last called by one caller of one tool. */
interface Repeat {
  /** Digest of the arguments. */
  args: string;
  /** Digest of the answer. */
  answer: string | undefined;
  /** Equal answers in a row. */
  count: number;
  hasFailed: boolean;
  /** The time of the last answer of its server, in milliseconds of `now`. */
  at: number;
  /** True where equal calls had different answers: somebody waits for a change, or it always says something else. */
  polls: boolean;
}

/** Told of the answer. */
type Answered = (answer: ToolAnswer, code: ErrorCode | undefined) => void;

/** Failures that say themselves when to make the same call again. */
const TOLD_TO_REPEAT: ReadonlySet<ErrorCode> = new Set([
  ...(['APPROVAL_PENDING', 'APPROVAL_DENIED', 'AUTH_REQUIRED', 'RATE_LIMITED', 'BUDGET_EXCEEDED'] as const),
  ...(['CANCELLED', 'SHUTTING_DOWN', 'SESSION_ENDED', 'AUDIT_UNAVAILABLE', 'DENIED_BY_POLICY'] as const),
]);

export class RepeatedCalls {
  readonly #kept = new Map<string, Repeat>();
  readonly #now: () => number;

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** @param most equal answers in a row. @throws GatewayError REPEATED_CALL */
  begin({ inbound, caller, target, args, invocation }: Call, most: number): Answered {
    const who = [inbound.connection.owner, caller?.agent, target?.server, target?.name];
    const key = JSON.stringify(who);
    const sent = digest(canonicalJson(args?.text ?? '{}') + (invocation?.asks?.others ?? ''));
    const before = this.#kept.get(key);
    const at = this.#now();
    const isSame = before !== undefined && before.args === sent && at - before.at < PAUSE_MS;
    if (isSame && !before.polls && before.count >= most) throw repeated(before, before.at + PAUSE_MS - at);
    return (answer, code) => {
      if (code !== undefined && TOLD_TO_REPEAT.has(code)) return;
      this.#note(
        key,
        sent,
        isTask(answer) ? undefined : digest(textOf(answer)),
        code !== undefined || hasFailed(answer),
      );
    };
  }

  #note(key: string, args: string, answer: string | undefined, failed: boolean): void {
    const before = this.#kept.get(key);
    const at = this.#now();
    const isSame = before?.args === args && at - before.at < PAUSE_MS;
    const isEqual = isSame && answer !== undefined && before.answer === answer;
    const polls = before?.polls === true || (isSame && !isEqual && !failed && !before.hasFailed);
    this.#kept.delete(key);
    this.#kept.set(key, { args, answer, count: isEqual ? before.count + 1 : 1, hasFailed: failed, at, polls });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break;
      this.#kept.delete(oldest);
    }
  }
}

function repeated({ count, hasFailed: failed }: Repeat, leftMs: number): GatewayError {
  const so = failed ? 'and failed in the same way each time' : 'and had the same answer each time';
  const use = failed ? 'Change the arguments, use another tool' : 'Use the answer that you have, change the arguments';
  const wait = `To see whether something changed, wait ${Math.ceil(leftMs / 1000)} s.`;
  return new GatewayError(
    'REPEATED_CALL',
    `This call was made ${count} times in a row ${so}, so it was not made again. ${use}, or tell the user what does not work. ${wait}`,
  );
}

/** A task goes on, whatever the answer says. */
function isTask(answer: ToolAnswer): boolean {
  return answer.kind === 'result' && (answer.body.resultType === 'task' || answer.body.text.startsWith('{"task":'));
}

function hasFailed(answer: ToolAnswer): boolean {
  return answer.kind === 'error' || answer.body.isError === true;
}

/** The answer without what is about its message, and without the handle of its rest. */
function textOf(answer: ToolAnswer): string {
  if (answer.kind === 'error') return `${answer.code} ${answer.message}`;
  const { text, metaAt, handle } = answer.body;
  const root = metaAt < 0 ? undefined : readObject(text);
  const content = root === undefined ? text : keepMembers(text, root, (name) => name !== '_meta');
  return handle === undefined ? content : content.replace(handle, '');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
