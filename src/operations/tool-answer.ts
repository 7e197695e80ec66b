import { ownResult, type ResultBody } from '../protocol/era-codec.ts';
import type { CallingClient } from '../relay/calling-client.ts';
import type { RelayedError } from '../relay/relayed.ts';
import type { ErrorCode } from '../shared/errors.ts';
import type { ToolAnswer } from './operation.ts';

/** Characters of a text that is tried as JSON: what is given without asking is not longer. */
const MAX_TRIED = 256 * 1024;

/** Clients that show their model the text and the structured content, by the name they give themselves: once is enough. */
const SHOW_BOTH = /^(?:copilot-cli|github-copilot-developer|qwen-cli-mcp-client(?:-.*)?)$/s;

/** A success of the gateway's own: one text block. What is data is a JSON object, compact. */
export function textAnswer(text: string): ToolAnswer {
  return { kind: 'result', body: blockWith(text, '') };
}

/**
 * A text block that may be JSON and no object. Some clients make structured content of a text that is JSON, and fail where that is
 * no object (Gemini CLI): the value is given as `{"result": ...}` too, as the Python gateway did.
 * @param kind whether the text is known to be JSON, or has to be tried.
 */
export function valueBody(text: string, { name }: Pick<CallingClient, 'name'>, kind: 'JSON' | 'any'): ResultBody {
  const isValue = text !== '' && !text.startsWith('{') && (kind === 'JSON' || isJson(text));
  return blockWith(text, isValue && !SHOW_BOTH.test(name() ?? '') ? `,"structuredContent":{"result":${text}}` : '');
}

function blockWith(text: string, others: string): ResultBody {
  return { text: `{"content":[{"type":"text","text":${JSON.stringify(text)}}]${others}}`, metaAt: -1 };
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
