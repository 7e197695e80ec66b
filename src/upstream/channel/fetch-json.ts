/** One JSON document from an address that the owner's files name: the keys of an issuer, vectors of texts. */
import type { CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { systemCode } from '../../shared/system-code.ts';

interface FetchLimits {
  readonly maxBytes: number;
  /** Milliseconds for the whole exchange. */
  readonly timeoutMs: number;
}

/** The body of a POST, with its headers. */
interface JsonPost {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly signal: CancelSignal;
}

/**
 * Fetches, or posts JSON, and parses the answer; sends no credential that is not in `post`, and follows no redirect.
 * @throws GatewayError SERVER_UNAVAILABLE saying why, without anything of the answer; `data.httpStatus` has its status.
 */
export async function fetchJson(
  address: string,
  { maxBytes, timeoutMs }: FetchLimits,
  post?: JsonPost,
): Promise<unknown> {
  // Loaded when it is needed: few gateways ask for anything this way.
  const [{ request }, { dispatcherFor }] = await Promise.all([import('undici'), import('./undici-dispatcher.ts')]);
  const dispatcher = await dispatcherFor(new URL(address));
  const { origin, pathname } = new URL(address);
  const failed = (why: string, extras: { cause?: unknown; data?: Record<string, unknown> } = {}): GatewayError =>
    new GatewayError('SERVER_UNAVAILABLE', `${origin}${pathname} ${why}.`, extras);
  const ending = new AbortController();
  const abort = (): void => ending.abort();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    abort();
  }, timeoutMs);
  // `AbortSignal.any` would leave something on a signal that lives longer.
  post?.signal.addEventListener('abort', abort, { once: true });
  if (post?.signal.aborted) abort();
  const accept = { accept: 'application/json' };
  const sent =
    post === undefined
      ? { headers: accept }
      : {
          method: 'POST' as const,
          headers: { ...accept, 'content-type': 'application/json', ...post.headers },
          body: JSON.stringify(post.body),
        };
  try {
    const { statusCode, body } = await request(address, {
      signal: ending.signal,
      ...sent,
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    body.on('error', () => undefined);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw failed(`answered with more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    if (statusCode !== 200) throw failed(`answered with HTTP ${statusCode}`, { data: { httpStatus: statusCode } });
    return parse(Buffer.concat(chunks, size).toString('utf8'), failed);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const why = isLate
      ? `did not answer within ${timeoutMs} ms`
      : `cannot be reached (${systemCode(error) ?? 'unknown error'})`;
    throw failed(why, { cause: error });
  } finally {
    clearTimeout(timer);
    void dispatcher?.destroy();
    post?.signal.removeEventListener('abort', abort);
  }
}

function parse(text: string, failed: (why: string) => GatewayError): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failed('did not answer with JSON');
  }
}
