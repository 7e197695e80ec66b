/** One JSON document from an address that the owner's files name, such as the keys of an issuer. */
import { GatewayError } from '../shared/errors.ts';

export interface FetchLimits {
  readonly maxBytes: number;
  /** Milliseconds for the whole exchange. */
  readonly timeoutMs: number;
}

/**
 * Fetches and parses; sends no credential and follows no redirect.
 * @throws GatewayError SERVER_UNAVAILABLE saying why, without anything of the answer.
 */
export async function fetchJson(address: string, { maxBytes, timeoutMs }: FetchLimits): Promise<unknown> {
  // Loaded when it is needed: few gateways ask an issuer for anything.
  const { request } = await import('undici');
  const { origin, pathname } = new URL(address);
  const failed = (why: string, cause?: unknown): GatewayError =>
    new GatewayError('SERVER_UNAVAILABLE', `${origin}${pathname} ${why}.`, { cause });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const { statusCode, body } = await request(address, { signal, headers: { accept: 'application/json' } });
    body.on('error', () => undefined);
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw failed(`answered with more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    if (statusCode !== 200) throw failed(`answered with HTTP ${statusCode}`);
    return parse(Buffer.concat(chunks, size).toString('utf8'), failed);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw failed(
      signal.aborted ? `did not answer within ${timeoutMs} ms` : `cannot be reached (${codeOf(error)})`,
      error,
    );
  }
}

function parse(text: string, failed: (why: string) => GatewayError): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw failed('did not answer with JSON');
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code ?? 'unknown error';
}
