/** Questions to people about calls, and their answers: who asks, who may answer, and what an answer is good for. */
import { randomBytes } from 'node:crypto';
import type { AuditSink } from '../audit/audit-record.ts';
import { eventRecord } from '../audit/event-record.ts';
import type { ApprovalTerms } from '../config/snapshot.ts';
import type { Logger } from '../observe/log.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import { createDeferred } from '../shared/deferred.ts';
import { GatewayError } from '../shared/errors.ts';
import { deadline } from '../shared/wait-for.ts';
import { OpenQuestions } from './open-questions.ts';
import {
  type Answer,
  type Answerer,
  type AnswerWord,
  type Bound,
  bindingOf,
  grantBindingOf,
  type Question,
  type Shown,
} from './question.ts';
import { type Happened, QuestionWatch } from './question-watch.ts';
import { isAlive, type Questions } from './questions.ts';

/** Questions of one principal that may wait: more than a person reads. */
const MOST = 100;
const HOUR_MS = 3_600_000;
/** Milliseconds in which what is over may still count for the number of questions. */
const SWEEP_MS = 1000;
/** Sessions whose permissions are remembered. */
const MAX_SESSIONS = 10_000;

/** A call that a person is asked about. */
export interface AskedCall {
  readonly bound: Bound;
  readonly shown: Shown;
  /** Of the call, for the records. */
  readonly requestId: string;
  readonly terms: ApprovalTerms;
}

/** An answer as somebody gives it. */
export interface Said {
  readonly word: AnswerWord;
  /** The reason that the agent is told with a no. */
  readonly reason?: string | undefined;
  /** The change of the rules that came with it, for the record. */
  readonly forGood?: 'always' | 'always-these' | undefined;
}

/** The fate of an answer: taken, or why it does not count. */
export type AnswerOutcome = 'taken' | 'unknown' | 'answered' | 'expired' | 'not allowed';

/** The reason why a call need not wait any longer. */
export type Woken = Happened | 'expired' | 'late' | 'reloaded';

export interface ApprovalsOptions {
  readonly questions: Questions;
  readonly audit: AuditSink;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Tells somebody about a new question (webhook). Nobody waits for it. */
  readonly notify: (question: Question, terms: ApprovalTerms) => void;
  /** Questions of one principal; default 100. */
  readonly most?: number;
}

export class Approvals {
  readonly #options: ApprovalsOptions;
  readonly #questions: Questions;
  readonly #watch: QuestionWatch;
  /** For whoever shows them. */
  readonly open: OpenQuestions;
  /** By session, what it may do until it ends; only the process that has the session need know. */
  readonly #sessions = new Map<string, Set<string>>();
  readonly #wakeOnReload = new Set<() => void>();
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(options: ApprovalsOptions) {
    this.#options = options;
    this.#questions = options.questions;
    this.#watch = new QuestionWatch(this.#questions);
    this.open = new OpenQuestions(this.#questions, this.#watch);
  }

  /** True if an earlier answer covers the call. */
  async isGranted(bound: Bound): Promise<boolean> {
    if (bound.session !== undefined) {
      const granted = this.#sessions.get(sessionKey(bound))?.has(grantBindingOf(bound, bound.session));
      if (granted === true) return true;
    }
    return this.#questions.isGranted(bound.owner, grantBindingOf(bound, undefined));
  }

  /**
   * The question about this call: the one that waits, or a new one.
   * @throws GatewayError RATE_LIMITED where too many wait, AUDIT_UNAVAILABLE
   */
  async ask(asked: AskedCall): Promise<Question> {
    if (performance.now() - this.#sweptAt > SWEEP_MS) await this.expire();
    const { bound, terms } = asked;
    const found = await this.#questions.findOrAdd(bound, this.#options.most ?? MOST, () => questionOf(asked));
    if (found === undefined) {
      throw new GatewayError(
        'RATE_LIMITED',
        'Too many calls wait for a person to approve them. Wait until some are answered, then make the call again.',
      );
    }
    const { question, isNew } = found;
    if (!isNew) return question;
    await this.#record(question, { operation: 'approval_asked', decision: 'ASK', request_id: asked.requestId });
    this.#options.log.info(
      { question: question.id, agent: bound.agent, server: bound.server, tool: bound.name },
      `a call waits for a person: agent-mcp-gateway approvals show ${question.id.slice(0, 8)}`,
    );
    this.#options.notify(question, terms);
    this.#watch.look();
    return question;
  }

  /** Waits until something happens to a question, at most for `ms` milliseconds. @throws the reason of the signal */
  async wait(question: Question, ms: number, signal: CancelSignal): Promise<Woken> {
    if (signal.aborted) throw signal.reason;
    const { happened, end } = this.#watch.waitFor(question.id);
    const { promise, resolve, reject } = createDeferred<Woken>();
    const leftMs = question.expiresAt - Date.now();
    const timer = deadline(Math.min(ms, leftMs), () => resolve(leftMs <= ms ? 'expired' : 'late'));
    const aborted = (): void => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    const reloaded = (): void => resolve('reloaded');
    this.#wakeOnReload.add(reloaded);
    happened.then(resolve, reject);
    try {
      return await promise;
    } finally {
      end();
      timer.clear();
      this.#wakeOnReload.delete(reloaded);
      signal.removeEventListener('abort', aborted);
    }
  }

  /** The answer to a question, as long as it counts. */
  async answerTo(question: Question): Promise<Answer | undefined> {
    const answer = await this.#questions.answerTo(question.id);
    const isOfIt = answer?.binding === bindingOf(question.bound) && isAlive(question, answer);
    return isOfIt ? answer : undefined;
  }

  /**
   * Takes an answer, if it is the first one in time.
   * @param owner whose question it must be, where callers answer their own; undefined for the owner of the gateway, who answers all.
   * @throws GatewayError AUDIT_UNAVAILABLE
   */
  async answer(id: string, said: Said, by: Answerer, owner?: string): Promise<AnswerOutcome> {
    const question = await this.#questions.find(id);
    if (question === undefined || (owner !== undefined && question.bound.owner !== owner)) return 'unknown';
    if (!question.via.includes(by.way) || !question.answers.includes(said.word)) return 'not allowed';
    if (!isAlive(question, undefined)) return 'expired';
    if ((await this.#questions.answerTo(id)) !== undefined) return 'answered';
    const now = Date.now();
    const { word, reason, forGood } = said;
    await this.#record(question, {
      operation: 'approval_answered',
      decision: word === 'no' ? 'DENY' : 'ALLOW',
      detail: {
        question: id,
        answer: word,
        way: by.way,
        by: by.who,
        has_reason: reason !== undefined,
        for_good: forGood,
      },
    });
    // It waits for its call for as long as the question waited for it.
    const expiresAt = now + (question.expiresAt - question.askedAt);
    const binding = bindingOf(question.bound);
    const isFirst = await this.#questions.answer({ ...by, id, binding, word, reason, answeredAt: now, expiresAt });
    this.#watch.look();
    return isFirst ? 'taken' : 'answered';
  }

  /** Uses up a yes. @returns false where it does not count any more: somebody else used it, or it is over. */
  async use(question: Question): Promise<boolean> {
    const answer = await this.answerTo(question);
    if (answer === undefined || answer.word === 'no' || !(await this.#questions.use(question))) return false;
    await this.#keep(question.bound, answer.word);
    this.#watch.look();
    return true;
  }

  /** Takes back a question that is moot: its call was decided otherwise meanwhile. */
  async withdraw(question: Question): Promise<void> {
    if (await this.#questions.withdraw(question)) this.#watch.look();
  }

  /** The configuration is another one: whoever waits looks whether it still has to. */
  reloaded(): void {
    for (const wake of this.#wakeOnReload) wake();
  }

  async #keep(bound: Bound, word: AnswerWord): Promise<void> {
    if (word === 'hour') {
      await this.#questions.grant(bound.owner, grantBindingOf(bound, undefined), Date.now() + HOUR_MS);
    }
    if (word !== 'session' || bound.session === undefined) return;
    const key = sessionKey(bound);
    const granted = this.#sessions.get(key) ?? new Set();
    this.#sessions.delete(key);
    this.#sessions.set(key, granted.add(grantBindingOf(bound, bound.session)));
    for (const oldest of [...this.#sessions.keys()].slice(0, -MAX_SESSIONS)) this.#sessions.delete(oldest);
  }

  /** Silence is no: the end of each question that nobody answered is a record too, once for all processes. */
  async expire(): Promise<void> {
    this.#sweptAt = performance.now();
    for (const question of await this.#questions.sweep()) {
      await this.#record(question, {
        operation: 'approval_expired',
        decision: 'DENY',
        detail: { question: question.id },
      });
    }
  }

  async #record(
    { id, bound, shown }: Question,
    what: Pick<Parameters<typeof eventRecord>[0], 'operation' | 'decision' | 'detail' | 'request_id'>,
  ): Promise<void> {
    const { agent, server, name, rule } = bound;
    await this.#options.audit.append(
      eventRecord({
        principal: shown.caller,
        agent_id: agent,
        server,
        tool: name,
        rule,
        detail: { question: id },
        ...what,
      }),
    );
  }
}

function sessionKey({ owner, session }: Bound): string {
  return JSON.stringify([owner, session]);
}

function questionOf({ bound, shown, terms }: AskedCall): Question {
  const askedAt = Date.now();
  return {
    id: randomBytes(16).toString('hex'),
    bound,
    shown,
    askedAt,
    expiresAt: askedAt + terms.timeoutMs,
    via: terms.via,
    answers: answersTo(bound, terms),
  };
}

/** The answers that are open: lasting ones only where the rules let them. */
function answersTo({ session }: Bound, { remember }: ApprovalTerms): readonly AnswerWord[] {
  if (!remember) return ['once', 'no'];
  return ['once', ...(session === undefined ? [] : (['session'] as const)), 'hour', 'no'];
}
