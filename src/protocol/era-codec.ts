/** Writes answers to a caller: one codec per era, chosen once per request, instead of a question at each place. */
import { jsonString } from './json-text.ts';
import type { IdText } from './request-id.ts';
import { META_SERVER_INFO } from './revisions.ts';

/** The result of a request as text, ready for the fields that this hop writes. */
export interface ResultBody {
  /** A JSON object, `{` to `}`, without hop-by-hop fields. */
  readonly text: string;
  /** The same without its braces, where it is at hand: of a large text, cutting them off makes a copy. */
  readonly members?: string | undefined;
  /** Offset after the `{` of its `_meta` object, -1 without one. */
  readonly metaAt: number;
  /** The one that answered, where it is not the gateway: JSON text. */
  readonly serverInfo?: string;
  /** The kind of result (2026-07-28, basic/index#resulttype); `complete` where it is left out. */
  readonly resultType?: string;
  /** True where the result of a server says of itself that the call failed. */
  readonly isError?: boolean;
  /** Of a result that was cut: the handle in its text with which the rest is read, another one each time. */
  readonly handle?: string;
}

/** Caching hints of a result (2026-07-28, server/utilities/caching). */
export interface CacheHints {
  readonly ttlMs: number;
  readonly cacheScope: 'private' | 'public';
}

export interface CallerCodec {
  result(id: IdText, body: ResultBody, cache?: CacheHints): string;
  /** The same in pieces: of a large result no copy is made to put a few words around it. */
  pieces(id: IdText, body: ResultBody, cache?: CacheHints): readonly string[];
}

/** A result that is ours: no `_meta`. */
export function ownResult(value: unknown): ResultBody {
  return { text: JSON.stringify(value), metaAt: -1 };
}

export function errorText(id: IdText, code: number, message: string, data?: string): string {
  const tail = data === undefined ? '' : `,"data":${data}`;
  return `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":${JSON.stringify(message)}${tail}}}`;
}

/** A notification to either side. @param params inner text of the params, without braces; empty for none. */
export function notificationText(method: string, params: string): string {
  const tail = params === '' ? '' : `,"params":{${params}}`;
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)}${tail}}`;
}

export const legacyCodec: CallerCodec = {
  result: (id, body) => `{"jsonrpc":"2.0","id":${id},"result":${body.text}}`,
  pieces: (id, body) => [`{"jsonrpc":"2.0","id":${id},"result":{`, innerOf(body), '}}'],
};

/** Results say their type, name the server, and carry caching hints where the method has them (2026-07-28, basic/index). */
export function modernCodec(serverInfo: { readonly name: string; readonly version: string }): CallerCodec {
  const key = JSON.stringify(META_SERVER_INFO);
  const own = `${key}:${JSON.stringify(serverInfo)}`;
  const pieces: CallerCodec['pieces'] = (id, body, cache) => {
    const inner = innerOf(body);
    const at = body.metaAt - 1;
    const info = body.serverInfo === undefined ? own : `${key}:${body.serverInfo}`;
    const hints = cache === undefined ? '' : `,"ttlMs":${cache.ttlMs},"cacheScope":"${cache.cacheScope}"`;
    const type = jsonString(body.resultType ?? 'complete');
    const head = `{"jsonrpc":"2.0","id":${id},"result":{"resultType":${type}${hints}`;
    if (at < 0) return [`${head},"_meta":{${info}}${separator(inner, 0)}`, inner, '}}'];
    return [`${head},`, inner.slice(0, at), `${info}${separator(inner, at)}`, inner.slice(at), '}}'];
  };
  return { pieces, result: (id, body, cache) => pieces(id, body, cache).join('') };
}

/** The text between the braces of a result. */
export function innerOf({ text, members }: ResultBody): string {
  return members ?? text.slice(1, -1);
}

/** A result with another text. */
export function rewritten(body: ResultBody, text: string, metaAt: number): ResultBody {
  return { ...body, text, members: undefined, metaAt };
}

/** A comma where another member follows at `at` of what is between braces, nothing where none does. */
function separator(inner: string, at: number): ',' | '' {
  for (let index = at; index < inner.length; index++) {
    const code = inner.charCodeAt(index);
    if (code > 0x20) return code === 0x7d ? '' : ',';
  }
  return '';
}
