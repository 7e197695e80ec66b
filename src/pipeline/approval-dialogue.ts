/** Asks the user of a caller about its call, in the dialogue of the client: form elicitation, in both generations. */
import type { Said } from '../approvals/approvals.ts';
import type { AnswerWord, Question } from '../approvals/question.ts';
import { ANSWER_WORDS, questionText } from '../approvals/question-text.ts';
import type { ToolAnswer } from '../operations/operation.ts';
import type { CallingClient } from '../relay/calling-client.ts';
import { MAY_ASK, readInputResponses, writeInputRequired } from '../relay/input-required.ts';
import { refusalOf } from '../relay/server-questions.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import type { Inbound } from './caller.ts';

/** The beginning of the states of these questions; the id of the question follows. */
const PREFIX = 'amgp-approval.';
const KEY = 'approval';
const METHOD = 'elicitation/create';

/** Characters of a reason. */
const LONGEST_REASON = 500;

/** The outcome of a dialogue: an answer, or none, when it was closed. */
export interface DialogueAnswer {
  /** Of the question. */
  readonly id: string;
  readonly said: Said | undefined;
}

/** Takes our own state out of a retry: it is not for the server. @returns undefined for every other call. */
export function takeApprovalAnswer(inbound: Inbound): { inbound: Inbound; answer: DialogueAnswer } | undefined {
  const { client } = inbound;
  const state = client.retry?.requestState;
  if (state?.startsWith(PREFIX) !== true) return undefined;
  const said = readAnswer(readInputResponses(client.retry?.inputResponses).get(KEY));
  const answer = { id: state.slice(PREFIX.length), said };
  return { inbound: { ...inbound, client: { ...client, retry: undefined } }, answer };
}

/** True if the client shows forms. */
export function hasDialogue(client: CallingClient): boolean {
  return refusalOf(client, METHOD, '') === undefined;
}

/**
 * The result that asks a caller of 2026-07-28, which comes back with the answer.
 * @param isTool whether the operation is one of the gateway's own tools
 * @returns undefined where such a result cannot answer the request.
 */
export function inputRequired(question: Question, operation: string, isTool: boolean): ToolAnswer | undefined {
  if (!isTool && !MAY_ASK.has(operation)) return undefined;
  const requests = new Map([[KEY, { method: METHOD, params: dialogueParams(question) }]]);
  const text = writeInputRequired(requests, PREFIX + question.id);
  return { kind: 'result', body: { text, metaAt: -1, resultType: 'input_required' } };
}

/** Asks a caller of the 2025 revisions while its call waits. @returns undefined where it gave no answer */
export async function askInDialogue(
  client: CallingClient,
  question: Question,
  withdrawn: CancelSignal,
): Promise<Said | undefined> {
  const answer = await client.ask?.(METHOD, dialogueParams(question), withdrawn);
  return answer?.ok === true ? readAnswer(answer.result) : undefined;
}

/** Inner text of the params. */
function dialogueParams(question: Question): string {
  const words = question.answers;
  const requestedSchema = {
    type: 'object',
    properties: {
      answer: {
        type: 'string',
        title: 'May it?',
        enum: words,
        enumNames: words.map((word) => ANSWER_WORDS[word]),
      },
      reason: {
        type: 'string',
        title: 'Why not',
        description: 'The agent is told this with a no.',
        maxLength: LONGEST_REASON,
      },
    },
    required: ['answer'],
  };
  return `"message":${JSON.stringify(questionText(question))},"requestedSchema":${JSON.stringify(requestedSchema)}`;
}

/** To decline is to say no; whoever closes the dialogue, or fills it in as nobody could, has not answered. */
function readAnswer(text: string | undefined): Said | undefined {
  try {
    const { action, content } = JSON.parse(text ?? '{}') as { action?: unknown; content?: Record<string, unknown> };
    if (action === 'decline') return { word: 'no' };
    const word = content?.['answer'];
    const reason = content?.['reason'];
    if (action !== 'accept' || typeof word !== 'string' || !Object.hasOwn(ANSWER_WORDS, word)) return undefined;
    const told = typeof reason === 'string' && reason.trim() !== '' ? reason.slice(0, LONGEST_REASON) : undefined;
    return { word: word as AnswerWord, reason: told };
  } catch {
    return undefined;
  }
}
