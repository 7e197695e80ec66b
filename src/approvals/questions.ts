/** The place of questions, answers and lasting permissions that all processes of a gateway share: files, or a store. */
import type { Answer, Bound, Question } from './question.ts';

/** The questions and answers at this moment, by names alone. */
export interface QuestionListing {
  has(id: string, what: 'question' | 'answer'): boolean;
}

export interface Questions {
  /**
   * The question that waits under this binding, or the one that `make` makes.
   * @param most questions of one principal.
   * @returns undefined where the principal has too many.
   */
  findOrAdd(
    bound: Bound,
    most: number,
    make: () => Question,
  ): Promise<{ readonly question: Question; readonly isNew: boolean } | undefined>;
  /** @returns undefined where there is no such question (any more). */
  find(id: string): Promise<Question | undefined>;
  /** All questions that are not over, oldest first. */
  questions(): Promise<readonly Question[]>;
  answerTo(id: string): Promise<Answer | undefined>;
  /** @returns false where somebody has answered. */
  answer(answer: Answer): Promise<boolean>;
  /** Uses an answer up, and the question with it. @returns false where somebody else did, or nobody answered. */
  use(question: Question): Promise<boolean>;
  /** Takes a question back that nobody answered. @returns false where there is none any more. */
  withdraw(question: Question): Promise<boolean>;
  /** Keeps a lasting permission. */
  grant(owner: string, binding: string, expiresAt: number): Promise<void>;
  isGranted(owner: string, binding: string): Promise<boolean>;
  /** Removes what is over. @returns questions that nobody answered, each to one caller alone. */
  sweep(): Promise<readonly Question[]>;
  listing(): Promise<QuestionListing>;
  /** Calls back when something may have happened, as far as that can be noticed at once. @returns stops that */
  watch(changed: () => void): () => void;
}

/** True if a question can still be answered, or its answer be used. A clock that was set back makes nothing live longer. */
export function isAlive(question: Question, answer: Answer | undefined): boolean {
  if (answer !== undefined) return isWithin(answer.answeredAt, answer.expiresAt);
  return isWithin(question.askedAt, question.expiresAt);
}

/** Milliseconds that the clocks of two processes may differ. */
const SKEW_MS = 1000;

export function isWithin(from: unknown, until: unknown): boolean {
  const now = Date.now();
  return typeof from === 'number' && typeof until === 'number' && from <= now + SKEW_MS && now < until;
}
