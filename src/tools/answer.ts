import { ownResult } from '../protocol/codec.ts';
import type { ErrorCode } from '../shared/errors.ts';
import type { ToolAnswer } from './types.ts';

/** A success of the gateway's own: one text block of compact JSON, without `structuredContent` (half the tokens). */
export function textAnswer(json: string): ToolAnswer {
  return { kind: 'result', body: ownResult({ content: [{ type: 'text', text: json }] }) };
}

/** A failure that the model sees as the result of its call (docs/troubleshooting.md, Error codes). */
export function failureAnswer(code: ErrorCode, message: string): ToolAnswer {
  const text = JSON.stringify({ error: { code, message } });
  return { kind: 'result', body: ownResult({ content: [{ type: 'text', text }], isError: true }) };
}
