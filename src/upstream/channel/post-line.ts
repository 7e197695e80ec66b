/** Posts bytes again and again to an address that the owner's environment names. */

import { basicOf } from '../../config/server-address.ts';
import type { PostLine } from '../../observe/otel/exporter.ts';
import { GatewayError } from '../../shared/errors.ts';
import { systemCode } from '../../shared/system-code.ts';

/**
 * Sends no credential besides those of the address and `headers`, follows no redirect, and reads nothing of an answer but its status.
 * @param ca path to a PEM file with more authorities
 * @throws GatewayError CONFIG_INVALID where a file or the variable of a proxy cannot be used
 */
export async function openPostLine(address: URL, ca: string | undefined): Promise<PostLine> {
  const [{ request }, { dispatcherFor }] = await Promise.all([import('undici'), import('./undici-dispatcher.ts')]);
  const url = new URL(address);
  const authorization = basicOf(url);
  url.username = '';
  url.password = '';
  const dispatcher = await dispatcherFor(url, { ca });
  const own = authorization === undefined ? {} : { authorization };
  return {
    async post(headers, body, timeoutMs) {
      try {
        const response = await request(url, {
          method: 'POST',
          headers: { ...own, ...headers },
          body,
          signal: AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs))),
          ...(dispatcher === undefined ? {} : { dispatcher }),
        });
        await response.body.dump();
        const retryAfter = response.headers['retry-after'];
        return { status: response.statusCode, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined };
      } catch (error) {
        const isLate = error instanceof Error && error.name === 'TimeoutError';
        const why = isLate ? 'took too long' : `cannot be reached (${systemCode(error) ?? 'unknown error'})`;
        throw new GatewayError('SERVER_UNAVAILABLE', `${url.origin} ${why}.`, { cause: error });
      }
    },
    close: () => void dispatcher?.destroy(),
  };
}
