/** Asks people about one call, until there is an answer or the call gives up. */
import type { Approvals } from '../approvals/approvals.ts';
import { type Answer, type Bound, bindingOf, type Question } from '../approvals/question.ts';
import { showArguments } from '../approvals/show-text.ts';
import type { ToolAnswer } from '../operations/operation.ts';
import { Canceller, follow } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import { quoted } from '../shared/quote-text.ts';
import { ApprovalNeeded, pending, type Unapproved } from './approval.ts';
import { askInDialogue, type DialogueAnswer, hasDialogue, inputRequired } from './approval-dialogue.ts';
import type { Call } from './decide-call.ts';
import { carriedWords } from './flow/flow-of-call.ts';

/** Milliseconds that a call waits whose caller is told of no progress: clients give up on those after a minute. */
const QUIET_MS = 50_000;
const WAITING = 'Waiting for a person to approve this call.';

interface AskingParts {
  readonly approvals: Approvals;
  readonly tools: ReadonlyMap<string, unknown>;
  readonly redact: (text: string) => string;
}

/** One call that asks people, until it has an answer or gives up. */
export class Asking {
  readonly #parts: AskingParts;
  readonly #call: Call;
  #question: Question | undefined;
  /** The dialogue that is open at the client. */
  #dialogue: Dialogue | undefined;

  constructor(parts: AskingParts, call: Call) {
    this.#parts = parts;
    this.#call = call;
  }

  /**
   * Asks about what the call was not approved for.
   * @returns `again` where it may be tried again; or what asks a caller that comes back with the answer.
   * @throws GatewayError APPROVAL_PENDING, APPROVAL_DENIED, RATE_LIMITED; the reason of the caller's signal
   */
  async ask(use: Unapproved): Promise<'again' | ToolAnswer> {
    const { bound, access } = use;
    const { approvals } = this.#parts;
    if (await approvals.isGranted(bound)) {
      this.#approve(bound, async () => {
        if (!(await approvals.isGranted(bound))) throw new ApprovalNeeded(use);
      });
      return 'again';
    }
    const question = await this.#questionAbout(bound, access);
    const own = this.#call.answer?.id === question.id ? this.#call.answer : undefined;
    if (own?.said !== undefined) await this.#answer(question, own.said);
    const answer = await approvals.answerTo(question);
    if (answer !== undefined) return this.#settle(use, question, answer);
    if (own === undefined && mayAskClient(question, this.#call)) {
      if (this.#call.inbound.client.era === 'modern') return this.#required(question);
      this.#dialogue ??= this.#openDialogue(question);
    } else if (!hasOtherWay(question)) {
      throw own === undefined ? unaskable() : pending(question);
    }
    return this.#wait(question);
  }

  /** The call is over. @param isMoot whether nobody need answer any more */
  async end(isMoot: boolean): Promise<void> {
    this.#dialogue?.withdrawn.abort();
    this.#dialogue = undefined;
    if (isMoot && this.#question !== undefined) await this.#parts.approvals.withdraw(this.#question);
  }

  async #questionAbout(bound: Bound, access: string | undefined): Promise<Question> {
    const { approvals, redact } = this.#parts;
    const { args, snapshot, inbound, caller, requestId } = this.#call;
    const { principal, subject } = inbound.connection;
    const name = caller?.principal ?? principal;
    const question = await approvals.ask({
      bound,
      shown: {
        caller: subject === undefined ? name : `${name}/${subject}`,
        access,
        carries: carriedWords(this.#call),
        arguments: showArguments(args?.text ?? '{}', redact),
        rulesFile: snapshot.paths.rules,
      },
      requestId,
      terms: snapshot.approvals,
    });
    // The rules, or the tool, are not those that the other one was about.
    if (this.#question !== undefined && this.#question.id !== question.id) await this.end(true);
    this.#question = question;
    return question;
  }

  /** An answer of the caller's own user. A no counts also where somebody else said yes meanwhile. */
  async #answer(question: Question, said: NonNullable<DialogueAnswer['said']>): Promise<void> {
    const { approvals } = this.#parts;
    const { owner, principal } = this.#call.inbound.connection;
    const outcome = await approvals.answer(question.id, said, { way: 'client', who: principal }, owner);
    if (said.word !== 'no' || outcome !== 'answered') return;
    await approvals.use(question);
    throw denied(said.reason);
  }

  async #settle(of: Unapproved, question: Question, answer: Answer): Promise<'again'> {
    await this.end(false);
    if (answer.word === 'no') throw denied(answer.reason);
    this.#approve(question.bound, async () => {
      if (!(await this.#parts.approvals.use(question))) throw new ApprovalNeeded(of, question);
    });
    return 'again';
  }

  #approve(bound: Bound, use: () => Promise<void>): void {
    let used: Promise<void> | undefined;
    this.#call.approval = {
      binding: bindingOf(bound),
      use: () => {
        used ??= use();
        return used;
      },
    };
  }

  #required(question: Question): ToolAnswer {
    const { name } = this.#call.operation;
    const answer = inputRequired(question, name, this.#parts.tools.has(name));
    if (answer === undefined) throw pending(question);
    return answer;
  }

  #openDialogue(question: Question): Dialogue {
    const withdrawn = new Canceller();
    const closed = askInDialogue(this.#call.inbound.client, question, withdrawn)
      .then((said) => (said === undefined ? undefined : this.#answer(question, said)))
      .catch(() => undefined);
    return { withdrawn, closed };
  }

  async #wait(question: Question): Promise<'again'> {
    const { inbound, startedAt } = this.#call;
    inbound.onWait?.(WAITING);
    const over = new Canceller();
    const release = follow(over, inbound.signal);
    const giveUp = (): void => over.abort(pending(question));
    if (!hasOtherWay(question)) void this.#dialogue?.closed.then(giveUp);
    const quietMs = startedAt + QUIET_MS - performance.now();
    const waitMs = inbound.onProgress === undefined ? quietMs : Number.POSITIVE_INFINITY;
    const woken = await this.#parts.approvals.wait(question, waitMs, over).finally(() => {
      release();
      inbound.onWait?.(undefined);
    });
    if (woken === 'late') throw pending(question);
    if (woken !== 'expired') return 'again';
    await this.#parts.approvals.expire();
    throw new GatewayError(
      'APPROVAL_DENIED',
      'Nobody approved this call in time, so it was refused, and not executed. Tell the user, and make it again only if they want it.',
    );
  }
}

interface Dialogue {
  /** Aborted when the question is over. */
  readonly withdrawn: Canceller;
  /** Resolves when the client has answered or closed it. */
  readonly closed: Promise<void>;
}

function mayAskClient({ via }: Question, { inbound }: Call): boolean {
  return via.includes('client') && hasDialogue(inbound.client);
}

/** True if somebody can answer besides the user of the caller. A webhook only tells. */
function hasOtherWay({ via }: Question): boolean {
  return via.includes('cli') || via.includes('web');
}

function unaskable(): GatewayError {
  return new GatewayError(
    'APPROVAL_DENIED',
    'A person would have to approve this call in a dialogue that this client does not have. It was not executed. Tell the user to look at "approvals" in the rules of the gateway.',
  );
}

function denied(reason: string | undefined): GatewayError {
  const why = reason === undefined ? '' : ` Their reason: ${quoted(reason, 500)}.`;
  return new GatewayError(
    'APPROVAL_DENIED',
    `A person refused this call, and it was not executed.${why} Do not make it again as it is.`,
  );
}
