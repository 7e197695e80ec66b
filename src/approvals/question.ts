/** A question to a person: may this one call be made? */
import { createHash } from 'node:crypto';
import type { ApprovalTerms } from '../config/snapshot.ts';
import type { OfferKind } from '../policy/rules-data.ts';

/** Everything that an answer counts for. Where any of it is different, it is another question. */
export interface Bound {
  /** Differs between callers that must not use each other's answers. */
  readonly owner: string;
  readonly agent: string;
  /** An agent whose rules bound this one's. */
  readonly ceiling: string | undefined;
  /** Session of the 2025 revisions, `stdio` for the stdio connection. */
  readonly session: string | undefined;
  readonly server: string;
  /** Hash of the server's entry: under the same name there may be another program tomorrow. */
  readonly serverKey: string;
  /** The method with which it is used, e.g. `tools/call`. */
  readonly operation: string;
  readonly kind: OfferKind;
  /** Name of the tool or prompt, or URI of the resource. */
  readonly name: string;
  /** Digest of the arguments as they are forwarded (`argumentsDigest`). */
  readonly arguments: string;
  /** Digest of the definition; undefined where the server gives none. */
  readonly definition: string | undefined;
  /** Version of the rules that asked. */
  readonly rules: string;
  /** Path of the rule that asked. */
  readonly rule: string;
}

/** A way to a person, as the rules and records call it. */
type Way = ApprovalTerms['via'][number];

/** The answers that somebody may give. */
export const ANSWERS = ['once', 'session', 'hour', 'no'] as const;
export type AnswerWord = (typeof ANSWERS)[number];

/** One argument as people see it: both texts are harmless (`show-text.ts`). */
export interface ShownArgument {
  readonly name: string;
  readonly text: string;
}

/** Facts about the call for people, besides those that it is bound to. Nothing in it is secret as far as that is known. */
export interface Shown {
  /** The caller, as the audit names it. */
  readonly caller: string;
  /** `read`, `write` or `destructive`, as the server says; undefined where it does not. */
  readonly access: string | undefined;
  /** The labels that the agent carries, each with its cause, where that is why somebody is asked. */
  readonly carries?: readonly string[] | undefined;
  readonly arguments: readonly ShownArgument[];
  /** The rules file that asked. */
  readonly rulesFile: string;
}

export interface Question {
  /** Names the question, and cannot be guessed: 128 bits. */
  readonly id: string;
  readonly bound: Bound;
  readonly shown: Shown;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
  readonly expiresAt: number;
  /** The ways in which it may be answered. */
  readonly via: readonly Way[];
  /** The answers that may be given. */
  readonly answers: readonly AnswerWord[];
}

/** The person or program that answered, and the way in which the answer came. */
export interface Answerer {
  readonly way: Way;
  readonly who: string;
}

export interface Answer extends Answerer {
  /** Of the question. */
  readonly id: string;
  /** Everything that the question was bound to (`bindingOf`). */
  readonly binding: string;
  readonly word: AnswerWord;
  /** The reason that the agent is told with a no. */
  readonly reason: string | undefined;
  readonly answeredAt: number;
  /** Until then the answer waits for its call. */
  readonly expiresAt: number;
}

/** The name of everything that a question is bound to. */
export function bindingOf(bound: Bound): string {
  return digest([...grantParts(bound), bound.session, bound.arguments]);
}

/** The same for what an answer covers that counts for more than one call: any arguments that the same rule asks about. */
export function grantBindingOf(bound: Bound, session: string | undefined): string {
  return digest([...grantParts(bound), session]);
}

function grantParts(bound: Bound): (string | undefined)[] {
  const { owner, agent, ceiling, server, serverKey, operation, kind, name, definition, rules, rule } = bound;
  return [owner, agent, ceiling, server, serverKey, operation, kind, name, definition, rules, rule];
}

/** JSON of a list tells apart what is missing, and where one part ends. */
function digest(parts: readonly (string | undefined)[]): string {
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest('hex');
}
