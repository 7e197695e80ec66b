/** How answers to a caller are written: one codec per era, chosen once per request, instead of a question at each place. */
import type { IdText } from './messages.ts';
import { type Era, META_SERVER_INFO } from './revisions.ts';

/** The result of a request as text, ready for the fields that this hop writes. */
export interface ResultBody {
  /** A JSON object, `{` to `}`, without hop-by-hop fields. */
  readonly text: string;
  /** Offset after the `{` of its `_meta` object, -1 without one. */
  readonly metaAt: number;
  /** Who answered, where it is not the gateway: JSON text. */
  readonly serverInfo?: string;
  /** What kind of result it is (2026-07-28, basic/index#resulttype); `complete` where it is left out. */
  readonly resultType?: string;
  /** True where the result of a server says of itself that the call failed. */
  readonly isError?: boolean;
}

/** Caching hints of a result (2026-07-28, server/utilities/caching). */
export interface CacheHints {
  readonly ttlMs: number;
  readonly cacheScope: 'private' | 'public';
}

export interface CallerCodec {
  readonly era: Era;
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

/** @param params inner text of the params, without braces. */
export function notificationText(method: string, params: string): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":{${params}}}`;
}

export const legacyCodec: CallerCodec = {
  era: 'legacy',
  result: (id, body) => `{"jsonrpc":"2.0","id":${id},"result":${body.text}}`,
  pieces: (id, body) => [`{"jsonrpc":"2.0","id":${id},"result":`, body.text, '}'],
};

/** Results say their type, name the server, and carry caching hints where the method has them (2026-07-28, basic/index). */
export function modernCodec(serverInfo: { readonly name: string; readonly version: string }): CallerCodec {
  const key = JSON.stringify(META_SERVER_INFO);
  const own = `${key}:${JSON.stringify(serverInfo)}`;
  const pieces: CallerCodec['pieces'] = (id, body, cache) => {
    const { text, metaAt } = body;
    const info = body.serverInfo === undefined ? own : `${key}:${body.serverInfo}`;
    const hints = cache === undefined ? '' : `,"ttlMs":${cache.ttlMs},"cacheScope":"${cache.cacheScope}"`;
    const type = JSON.stringify(body.resultType ?? 'complete');
    const head = `{"jsonrpc":"2.0","id":${id},"result":{"resultType":${type}${hints}`;
    const rest = restOf(text, 1);
    if (metaAt < 0) return [`${head},"_meta":{${info}}${rest === '}' ? '' : ','}`, rest, '}'];
    return [`${head},`, text.slice(1, metaAt), `${info}${separator(text, metaAt)}`, text.slice(metaAt), '}'];
  };
  return { era: 'modern', pieces, result: (id, body, cache) => pieces(id, body, cache).join('') };
}

function restOf(text: string, from: number): string {
  return separator(text, from) === '' ? '}' : text.slice(from);
}

/** A comma where another member follows at `at`, nothing where the object ends there. */
function separator(text: string, at: number): ',' | '' {
  for (let index = at; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x20) return code === 0x7d ? '' : ',';
  }
  return '';
}
