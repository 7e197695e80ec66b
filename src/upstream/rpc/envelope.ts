/** The envelope of what the gateway sends: always built here, so that nothing of a caller's message rides along. */
import { joinMembers, jsonString, oneLine } from '../../protocol/json-text.ts';
import { META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_VERSION } from '../../protocol/revisions.ts';
import type { ClientAnswer } from '../contract.ts';

/** Name in `clientInfo`. */
export const CLIENT_NAME = 'agent-mcp-gateway';

export function clientInfo(version: string): string {
  return JSON.stringify({ name: CLIENT_NAME, version });
}

/**
 * A request on one line.
 * @param params inner text of the params, without `_meta`.
 * @param meta inner text of `_meta`; empty for none.
 */
export function requestText(id: number, method: string, params: string, meta: string): string {
  const members = meta === '' ? params : joinMembers(params, `"_meta":{${meta}}`);
  const tail = members === '' ? '' : `,"params":{${members}}`;
  // A text that a caller wrote over several lines must not be several messages to a server.
  return oneLine(`{"jsonrpc":"2.0","id":${id},"method":${jsonString(method)}${tail}}`);
}

/** The fields of `_meta` that every request of 2026-07-28 carries (basic/index#meta, per-request protocol fields). */
export function modernMeta(revision: string, version: string): string {
  return `"${META_VERSION}":${JSON.stringify(revision)},"${META_CLIENT_INFO}":${clientInfo(version)}`;
}

/** The field of `_meta` that declares what this client can do (2026-07-28, basic/index#meta); `capabilities` is JSON text. */
export function capabilitiesMeta(capabilities: string): string {
  return `"${META_CLIENT_CAPABILITIES}":${capabilities}`;
}

/** Inner text of the params of `initialize`; `capabilities` is JSON text. */
export function initializeParams(revision: string, version: string, capabilities: string): string {
  const client = `"capabilities":${capabilities},"clientInfo":${clientInfo(version)}`;
  return `"protocolVersion":${JSON.stringify(revision)},${client}`;
}

/** The answer to a request of a server that nobody answers: only `ping` has one. @param why the end of the sentence. */
export function answerText(id: string, method: string, why: string): string {
  if (method === 'ping') return clientAnswerText(id, { ok: true, result: '{}' });
  return clientAnswerText(id, {
    ok: false,
    code: -32601,
    message: `The gateway does not offer ${method.slice(0, 100)}${why}.`,
  });
}

/** The answer to a request of a server, on one line. */
export function clientAnswerText(id: string, answer: ClientAnswer): string {
  if (answer.ok) return oneLine(`{"jsonrpc":"2.0","id":${id},"result":${answer.result}}`);
  const data = answer.data === undefined ? '' : `,"data":${answer.data}`;
  const error = `{"code":${answer.code},"message":${JSON.stringify(answer.message)}${data}}`;
  return oneLine(`{"jsonrpc":"2.0","id":${id},"error":${error}}`);
}
