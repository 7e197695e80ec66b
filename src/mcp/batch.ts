import { MAX_MESSAGE_DEPTH } from '../protocol/json-rpc.ts';
import { elements, elementsInTurns } from '../protocol/json-text.ts';
import { idsInTurns } from '../protocol/request-id.ts';
import { Scan } from '../protocol/scan.ts';
import { ScanError } from '../protocol/scan-error.ts';
import { inTurns, isLarge, STEP } from '../shared/large-text.ts';
import type { Asks } from './session.ts';

/** Messages that one batch may have: each is a request in flight. */
const MAX_BATCH = 100;

export interface BadBatch {
  readonly code: 'PARSE_ERROR' | 'INVALID_REQUEST';
  readonly message: string;
}

/** The messages of a batch (2025-03-26, basic, Batching); a promise where it is large. */
export function batchElements(text: string): Promise<string[] | BadBatch> | string[] | BadBatch {
  const array = text.trim();
  const scan = new Scan(`{"batch":${array}}`, {}, { maxDepth: MAX_MESSAGE_DEPTH + 2, uniqueKeys: true });
  if (isLarge(array.length)) {
    return inTurns(() => scan.advance(STEP))
      .then(() => elementsInTurns(array, MAX_BATCH + 1))
      .then(checked, badBatch);
  }
  try {
    scan.advance(Number.POSITIVE_INFINITY);
  } catch (error) {
    return badBatch(error);
  }
  return checked(elements(array, MAX_BATCH + 1));
}

function badBatch(error: unknown): BadBatch {
  if (!(error instanceof ScanError)) throw error;
  return { code: error.reason === 'syntax' ? 'PARSE_ERROR' : 'INVALID_REQUEST', message: error.message };
}

function checked(parts: string[]): string[] | BadBatch {
  if (parts.length === 0) return { code: 'INVALID_REQUEST', message: 'A batch must hold at least one message.' };
  if (parts.length > MAX_BATCH)
    return { code: 'INVALID_REQUEST', message: `A batch holds at most ${MAX_BATCH} messages.` };
  return parts;
}

/** Ends the questions that were answered in a batch which is refused as a whole. @param text JSON of it, valid or not */
export async function refuseAnswers(asks: Pick<Asks, 'refuse'>, text: string, why: string): Promise<void> {
  for (const element of await elementsInTurns(text.trim(), MAX_REFUSED)) {
    asks.refuse((await idsInTurns(element)).responseId, why);
  }
}

/** Messages of such a batch that are looked at. */
const MAX_REFUSED = 1_000;

/** Bytes of an array around one answer. */
export const ARRAY_BYTES = 2;

/**
 * The answers of a batch in as few arrays as it takes: all of its calls were made, so none of the answers may be lost.
 * @param longest bytes of one array; only one with a single answer can have more.
 */
export function answerArrays(answers: readonly string[], longest: number): string[] {
  const arrays: string[][] = [];
  let left = 0;
  for (const answer of answers) {
    const bytes = Buffer.byteLength(answer) + 1;
    const last = arrays.at(-1);
    if (last !== undefined && bytes <= left) last.push(answer);
    else {
      arrays.push([answer]);
      // The first answer has no comma, the array has two brackets.
      left = longest - 1;
    }
    left -= bytes;
  }
  return arrays.map((array) => `[${array.join(',')}]`);
}
