/** Posts a text to an address that the owner's files name. */
import { GatewayError } from '../../shared/errors.ts';
import { systemCode } from '../../shared/system-code.ts';

/** Milliseconds for the whole exchange. */
const TIMEOUT_MS = 10_000;

/**
 * Sends no credential that is not in `headers`, follows no redirect, and reads nothing of the answer.
 * @throws GatewayError SERVER_UNAVAILABLE where the answer is no success, saying why.
 */
export async function postText(
  address: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<void> {
  // Loaded when it is needed: few gateways post anything this way.
  const [{ request }, { dispatcherFor }] = await Promise.all([import('undici'), import('./undici-dispatcher.ts')]);
  const url = new URL(address);
  const dispatcher = await dispatcherFor(url);
  const failed = (why: string, cause?: unknown): GatewayError =>
    new GatewayError('SERVER_UNAVAILABLE', `${url.origin} ${why}.`, { cause });
  try {
    const response = await request(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    response.body.on('error', () => undefined).destroy();
    const { statusCode } = response;
    if (statusCode < 200 || statusCode > 299) throw failed(`answered with HTTP ${statusCode}`);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const why = error instanceof Error && error.name === 'TimeoutError' ? 'took too long' : systemCode(error);
    throw failed(`cannot be reached (${why ?? 'unknown error'})`, error);
  } finally {
    void dispatcher?.destroy();
  }
}
