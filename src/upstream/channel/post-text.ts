/** Posts a text to an address that the owner's files name. */
import { GatewayError } from '../../shared/errors.ts';
import { openPostLine } from './post-line.ts';

/** Milliseconds for the whole exchange. */
const TIMEOUT_MS = 10_000;

/**
 * Sends no credential besides those of the address and `headers`, follows no redirect, and reads nothing of the answer but its status.
 * @throws GatewayError SERVER_UNAVAILABLE where the answer is no success, saying why; CONFIG_INVALID as `openPostLine`.
 */
export async function postText(
  address: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<void> {
  const url = new URL(address);
  const line = await openPostLine(url, undefined);
  try {
    const all = { 'content-type': 'application/json', ...headers };
    const { status } = await line.post(all, Buffer.from(body), TIMEOUT_MS);
    if (status < 200 || status > 299) {
      throw new GatewayError('SERVER_UNAVAILABLE', `${url.origin} answered with HTTP ${status}.`);
    }
  } finally {
    line.close();
  }
}
