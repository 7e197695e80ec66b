import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too large' }
  | { readonly kind: 'not UTF-8' }
  /** The client went away before it had sent everything. */
  | { readonly kind: 'gone' };

/**
 * Reads the body of a request, at most `maxBytes` of it; hands it to `done` once. The rest is read and dropped, so that a client
 * that is still sending can read the answer.
 */
export function readBody(request: IncomingMessage, maxBytes: number, done: (body: Body) => void): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > maxBytes) {
    request.resume();
    done({ kind: 'too large' });
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  let finished = false;
  const finish = (body: Body): void => {
    if (finished) return;
    finished = true;
    done(body);
  };
  request.on('data', (chunk: Buffer) => {
    if (finished) return;
    size += chunk.length;
    if (size > maxBytes) finish({ kind: 'too large' });
    else chunks.push(chunk);
  });
  request.once('end', () => {
    const [only] = chunks;
    const bytes = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
    finish(isUtf8(bytes) ? { kind: 'text', text: bytes.toString('utf8') } : { kind: 'not UTF-8' });
  });
  request.once('close', () => finish({ kind: 'gone' }));
}
