/**
 * Questions of tasks of 2025-11-25 for callers of 2026-07-28: a server asks them while somebody waits for the result of the task, the
 * caller gets them with `tasks/get` and answers with `tasks/update`. The gateway waits meanwhile.
 */
import { randomBytes } from 'node:crypto';
import { GatewayError } from '../shared/errors.ts';
import { within } from '../shared/wait-for.ts';
import type { Reply } from '../upstream/contract.ts';
import { type Conversation, type ConversationHooks, converse } from './conversation.ts';
import type { InputRequest } from './input-required.ts';

/** Milliseconds for a server to ask what it needs. */
const ASK_MS = 2_000;
/** Milliseconds after which nobody is waited for who did not ask about the task. */
const EXPIRY_MS = 600_000;
const MAX_OPEN = 1_000;
const MAX_PER_OWNER = 100;

interface Open {
  readonly owner: string;
  readonly conversation: Conversation;
  /** The beginning of its keys: each means one question for as long as the task lasts (ext-tasks, Task Update Requests). */
  readonly prefix: string;
  readonly timer: NodeJS.Timeout;
  /** The next thing that happens: one for all who wait. */
  turn: Promise<Turn> | undefined;
}

type Turn = Awaited<ReturnType<Conversation['turn']>>;

type Questions = ReadonlyMap<string, InputRequest>;

export class TaskQuestions {
  readonly #open = new Map<string, Open>();
  readonly #max: number;
  readonly #maxPerOwner: number;

  /** @param share part of all limits that is this one's, from 0 to 1 */
  constructor(share = 1) {
    this.#max = Math.max(1, MAX_OPEN * share);
    this.#maxPerOwner = Math.max(1, MAX_PER_OWNER * share);
  }

  /**
   * The questions of a task that are not answered; none where its server asks nothing now.
   * @param wait asks the server for the result of the task
   * @throws GatewayError RATE_LIMITED where too many tasks wait for input
   */
  async asked(task: string, owner: string, wait: (hooks: ConversationHooks) => Promise<Reply>): Promise<Questions> {
    const open = this.#open.get(task) ?? this.#begin(task, owner, wait);
    open.timer.refresh();
    open.turn ??= open.conversation.turn().finally(() => {
      open.turn = undefined;
    });
    const turn = await within(open.turn, ASK_MS).catch(() => ({ kind: 'reply' as const }));
    if (turn?.kind === 'reply') this.end(task);
    if (turn?.kind !== 'asked') return new Map();
    return new Map(Array.from(turn.requests, ([key, request]) => [open.prefix + key, request]));
  }

  /** Answers questions by their keys; unknown keys are ignored. @param responses texts of results */
  answer(task: string, responses: ReadonlyMap<string, string>): void {
    const open = this.#open.get(task);
    if (open === undefined) return;
    const own = Array.from(responses).filter(([key]) => key.startsWith(open.prefix));
    open.conversation.answer(new Map(own.map(([key, result]) => [key.slice(open.prefix.length), result])));
  }

  /** Nobody waits for this task any more. */
  end(task: string): void {
    const open = this.#open.get(task);
    if (open === undefined) return;
    this.#open.delete(task);
    clearTimeout(open.timer);
    open.conversation.abort(new GatewayError('CANCELLED', 'Nobody waits for this task any more.'));
  }

  #begin(task: string, owner: string, wait: (hooks: ConversationHooks) => Promise<Reply>): Open {
    let count = 0;
    for (const open of this.#open.values()) if (open.owner === owner) count++;
    if (this.#open.size >= this.#max || count >= this.#maxPerOwner) {
      throw new GatewayError('RATE_LIMITED', 'Too many tasks wait for input: answer those first, or try again later.');
    }
    const open: Open = {
      owner,
      conversation: converse(wait),
      prefix: `${randomBytes(6).toString('base64url')}-`,
      timer: setTimeout(() => this.end(task), EXPIRY_MS).unref(),
      turn: undefined,
    };
    this.#open.set(task, open);
    return open;
  }
}
