import { ownResult, type ResultBody } from '../protocol/codec.ts';
import type { RelayedError } from '../relay/relay.ts';
import type { ErrorCode } from '../shared/errors.ts';
import type { ToolAnswer } from './types.ts';

/** Characters of a text that is tried as JSON: what is given without asking is not longer. */
const MAX_TRIED = 256 * 1024;

/** A success of the gateway's own: one text block, of compact JSON where it is data. */
export function textAnswer(text: string): ToolAnswer {
  return { kind: 'result', body: textBody(text) };
}

/**
 * One text block. Some clients make structured content of a text that is JSON, and fail where that is no object (Gemini CLI): any
 * other value is given to them as `{"result": ...}`, as the Python gateway did. An object stands in the text alone.
 * @param kind whether the text is known to be JSON, or has to be tried.
 */
export function textBody(text: string, kind: 'JSON' | 'any' = 'any'): ResultBody {
  const content = `"content":[{"type":"text","text":${JSON.stringify(text)}}]`;
  const structured =
    text !== '' && !text.startsWith('{') && (kind === 'JSON' || isJson(text))
      ? `,"structuredContent":{"result":${text}}`
      : '';
  return { text: `{${content}${structured}}`, metaAt: -1 };
}

function isJson(text: string): boolean {
  if (text.length > MAX_TRIED || !/^\s*["[\dfnt-]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A failure that the model sees as the result of its call (docs/troubleshooting.md, Error codes). */
export function failureAnswer(code: ErrorCode, message: string): ToolAnswer {
  return failed(JSON.stringify({ code, message }));
}

/** An error that a server answered with, as the result of a call: frameworks end their run at an error of the protocol. */
export function relayedFailure({ code, message, data }: RelayedError): ToolAnswer {
  const more = data === undefined ? '' : `,"data":${data}`;
  return failed(`{"code":${code},"message":${JSON.stringify(message)}${more}}`);
}

/** @param error JSON text */
function failed(error: string): ToolAnswer {
  return {
    kind: 'result',
    body: ownResult({ content: [{ type: 'text', text: `{"error":${error}}` }], isError: true }),
  };
}
