import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { type FoundIds, IdFinder } from '../../protocol/request-id.ts';
import { Gatherer } from '../../shared/byte-gatherer.ts';
import { decodeLarge, isLarge } from '../../shared/large-text.ts';

export type Body =
  | { readonly kind: 'text'; readonly text: string }
  /** Its ids come when it was read to its end, where it belongs to a session. */
  | { readonly kind: 'too large'; readonly ids: Promise<FoundIds | undefined> }
  /** There is no room for it now. */
  | { readonly kind: 'no room' }
  | { readonly kind: 'not UTF-8'; readonly bytes: Buffer }
  /** The client went away before it had sent everything. */
  | { readonly kind: 'gone' };

/** Bytes below which nobody is asked for room. */
const SMALL = 64 * 1024;

/**
 * Reads the body of a request, at most `maxBytes` of it; hands it to `done` once. The rest is read and dropped, so that a client
 * that is still sending can read the answer.
 * @param room whether there is room for so many bytes; asked once, and only for a body that is not small.
 */
export function readRequestBody(
  request: IncomingMessage,
  maxBytes: number,
  room: (bytes: number) => boolean,
  done: (body: Body) => void,
): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes || (declared > SMALL && !room(declared))) {
    const isTooLarge = declared > maxBytes;
    if (!isTooLarge) request.resume();
    done(isTooLarge ? { kind: 'too large', ids: idsOfRest(request) } : { kind: 'no room' });
    return;
  }
  let isAsked = declared > SMALL;
  const gatherer = new Gatherer(maxBytes, declared || 0);
  /** Undefined once told: Node keeps a request for a while, and must not keep the call with it. */
  let waiting: typeof done | undefined = done;
  const finish = (body: Body): void => {
    const tell = waiting;
    waiting = undefined;
    tell?.(body);
  };
  request.on('data', (chunk: Buffer) => {
    if (waiting === undefined) return;
    const length = gatherer.length + chunk.length;
    const fits = length <= maxBytes;
    const hasRoom = isAsked || length <= SMALL || (fits && room(maxBytes));
    isAsked ||= length > SMALL;
    if (fits && hasRoom) return gatherer.push(chunk);
    const begun = gatherer.take();
    finish(fits ? { kind: 'no room' } : { kind: 'too large', ids: idsOfRest(request, begun, chunk) });
  });
  request.on('end', () => {
    const bytes = gatherer.take();
    if (!isUtf8(bytes)) return finish({ kind: 'not UTF-8', bytes });
    if (!isLarge(bytes.length)) return finish({ kind: 'text', text: bytes.toString('utf8') });
    const tell = waiting;
    waiting = undefined;
    void decodeLarge(bytes).then((text) => tell?.({ kind: 'text', text }));
  });
  request.on('close', () => finish({ kind: 'gone' }));
}

/** The ids of a body of which nothing is kept, for a session that may have asked something. @param begun what was read of it */
function idsOfRest(request: IncomingMessage, ...begun: Buffer[]): Promise<FoundIds | undefined> {
  if (request.headers['mcp-session-id'] === undefined) {
    request.resume();
    return Promise.resolve(undefined);
  }
  const finder = new IdFinder();
  for (const bytes of begun) finder.push(bytes);
  request.on('data', (chunk: Buffer) => finder.push(chunk));
  return new Promise((resolve) => {
    request.once('end', () => resolve({ id: finder.id(), responseId: finder.responseId() }));
    request.once('close', () => resolve(undefined));
  });
}
