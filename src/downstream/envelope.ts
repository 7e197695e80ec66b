/** The envelope of what the gateway sends: always built here, so that nothing of a caller's message rides along. */
import { joinMembers, oneLine } from '../protocol/json.ts';
import { META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_VERSION } from '../protocol/revisions.ts';

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
  // What a caller wrote over several lines must not be several messages to a server.
  return oneLine(`{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)}${tail}}`);
}

/** A notification on one line; `params` is the inner text. */
export function notificationText(method: string, params: string): string {
  const tail = params === '' ? '' : `,"params":{${params}}`;
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${tail}}`;
}

/** The fields of `_meta` that every request of 2026-07-28 carries (basic/index#meta, per-request protocol fields). */
export function modernMeta(revision: string, version: string): string {
  return (
    `"${META_VERSION}":${JSON.stringify(revision)},"${META_CLIENT_INFO}":${clientInfo(version)},` +
    `"${META_CLIENT_CAPABILITIES}":{}`
  );
}

/** Inner text of the params of `initialize`. The gateway declares no client capabilities. */
export function initializeParams(revision: string, version: string): string {
  return `"protocolVersion":${JSON.stringify(revision)},"capabilities":{},"clientInfo":${clientInfo(version)}`;
}

/**
 * The answer to a request of a server. Only `ping` is answered: the gateway declared no capability that a server could use.
 */
export function answerText(id: string, method: string): string {
  if (method === 'ping') return `{"jsonrpc":"2.0","id":${id},"result":{}}`;
  const message = JSON.stringify(`The gateway does not offer ${method.slice(0, 100)}.`);
  return `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":${message}}}`;
}
