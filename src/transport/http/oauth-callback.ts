/** Takes the answer of an authorization server, which a browser brings back. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayError } from '../../shared/errors.ts';
import type { ListenForCallback } from '../../upstream/oauth/oauth-client.ts';
import { sendPage } from './sign-in-page.ts';

const PATH = '/callback';
/** Characters of a request that are looked at: codes are short. */
const LONGEST_URL = 8192;

type Receive = (answer: URLSearchParams) => Promise<string>;

/**
 * One address for one sign-in (RFC 8252, section 7.3). Browsers that look `localhost` up as an address of IPv6 go on to the one
 * of IPv4, where nothing listens on the first.
 */
export const listenForCallback: ListenForCallback = (port, host, receive) => {
  const redirectUriOf = (own: number): string => `http://${host}:${own}${PATH}`;
  const server = createServer({ maxHeaderSize: 2 * LONGEST_URL }, (request, response) => {
    const { port: own } = server.address() as AddressInfo;
    const url = request.url ?? '/';
    // Another name for this address is a page of somebody else's.
    const isOwn = request.headers.host === `${host}:${own}` && request.method === 'GET';
    if (isOwn && url.startsWith(`${PATH}?`)) {
      void answerCallback(request, response, (answer) => receive(answer, redirectUriOf(own)));
    } else sendPage(response, 404, 'Not found', ['There is nothing here.']);
  });
  server.keepAliveTimeout = 1;
  return new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      const what = `Port ${port} of 127.0.0.1 cannot be used for the sign-in (${code ?? 'unknown error'}).`;
      reject(new GatewayError('CANNOT_LISTEN', `${what} Free it, or change "redirectPort" in "oauth" of the entry.`));
    });
    server.listen(port, '127.0.0.1', () => {
      const { port: own } = server.address() as AddressInfo;
      resolve({ redirectUri: redirectUriOf(own), close: () => server.close() });
    });
  });
};

/** Answers with a page. Never rejects. */
export async function answerCallback(
  request: IncomingMessage,
  response: ServerResponse,
  receive: Receive,
): Promise<void> {
  const url = request.url ?? '/';
  try {
    if (url.length > LONGEST_URL) throw new GatewayError('INVALID_REQUEST', 'The address is too long.');
    const server = await receive(new URLSearchParams(url.slice(url.indexOf('?') + 1)));
    sendPage(response, 200, 'You are signed in', [
      `Server "${server}" can be used now. You can close this page and go on where you were.`,
    ]);
  } catch (error) {
    const message = error instanceof GatewayError ? error.message : 'The gateway failed on this answer.';
    sendPage(response, 400, 'Nobody was signed in', [message]);
  }
}
