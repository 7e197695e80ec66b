import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { Gatherer } from '../../shared/byte-gatherer.ts';
import { decodeLarge, isLarge } from '../../shared/large-text.ts';

export type Body =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too large' }
  /** There is no room for it now. */
  | { readonly kind: 'no room' }
  | { readonly kind: 'not UTF-8' }
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
    request.resume();
    done({ kind: declared > maxBytes ? 'too large' : 'no room' });
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
    gatherer.take();
    finish({ kind: fits ? 'no room' : 'too large' });
  });
  request.on('end', () => {
    const bytes = gatherer.take();
    if (!isUtf8(bytes)) return finish({ kind: 'not UTF-8' });
    if (!isLarge(bytes.length)) return finish({ kind: 'text', text: bytes.toString('utf8') });
    const tell = waiting;
    waiting = undefined;
    void decodeLarge(bytes).then((text) => tell?.({ kind: 'text', text }));
  });
  request.on('close', () => finish({ kind: 'gone' }));
}
