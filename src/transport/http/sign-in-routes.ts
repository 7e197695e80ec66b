/**
 * Sign-in of a principal over HTTP. Its link leads here and not to the authorization server: whoever opens it has to show the
 * token of the principal that asked, so that nobody can be led to sign in for somebody else (client/elicitation, Phishing).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticate } from '../../identity/authenticate.ts';
import type { SignInPrompts, SignInSubject } from '../../pipeline/sign-in-prompts.ts';
import type { WorkerForwarding } from './forward-to-worker.ts';
import { answerCallback } from './oauth-callback.ts';
import { readRequestBody } from './request-body.ts';
import { sendPage } from './sign-in-page.ts';
import type { Throttle } from './throttle.ts';

const COOKIE = 'amgp-sign-in';
const MAX_BODY = 16 * 1024;
const FORM =
  '<form method="post"><p><label>Token <input name="token" type="password" autocomplete="off" required autofocus></label> ' +
  '<button>Continue</button></p></form>';

interface SignInOptions {
  readonly signInPrompts: SignInPrompts;
  readonly authenticate: Authenticate;
  readonly throttle: Throttle;
  /** The sign-ins of other workers; undefined where this is the only process. */
  readonly forwarding?: WorkerForwarding | undefined;
}

/** @returns false where the path is another one. */
export function serveSignIn(
  { signInPrompts, authenticate, throttle, forwarding }: SignInOptions,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean {
  if (path === '/oauth/callback' && request.method === 'GET') {
    const cookie = cookieOf(request);
    const handOn = forwarding?.of(cookie);
    if (handOn !== undefined) handOn(request, response);
    else void answerCallback(request, response, (answer) => signInPrompts.finish(answer, cookie));
    return true;
  }
  if (path !== '/oauth/start') return false;
  const id = new URL(request.url ?? '/', 'http://gateway').searchParams.get('id') ?? '';
  const handOn = forwarding?.of(id);
  const subject = signInPrompts.subjectOf(id);
  if (handOn !== undefined) handOn(request, response);
  else if (subject === undefined) {
    sendPage(response, 404, 'This link is over', ['Ask for a new one by making the call again.']);
  } else if (request.method === 'GET') {
    sendPage(response, 200, `Sign in to "${subject.server}"`, explanation(subject), FORM);
  } else if (request.method === 'POST') {
    const always = (): boolean => true;
    readRequestBody(request, MAX_BODY, always, (body) => {
      const token = body.kind === 'text' ? new URLSearchParams(body.text).get('token') : null;
      void enter(token ?? '', subject);
    });
  } else sendPage(response, 405, 'Not possible', ['This page can be read and sent.']);
  return true;

  async function enter(token: string, about: SignInSubject): Promise<void> {
    const found = await authenticate(`Bearer ${token.trim()}`);
    const entered = found.kind === 'proven' ? signInPrompts.enter(id, found.proof.owner) : undefined;
    if (entered !== undefined) {
      const secure = entered.isSecure ? '; Secure' : '';
      const cookie = `${COOKIE}=${entered.cookie}; HttpOnly; SameSite=Lax; Path=/; Max-Age=600${secure}`;
      response.writeHead(303, { location: entered.url, 'set-cookie': cookie, 'cache-control': 'no-store' });
      response.end();
    } else if (throttle.refused(request.socket.remoteAddress) > 0) {
      sendPage(response, 429, 'Too many tries', ['Wait a minute, and try again.']);
    } else {
      const why = 'This is not the token of whoever asked for this link. The link is for nobody else.';
      sendPage(response, 403, `Sign in to "${about.server}"`, [why, ...explanation(about)], FORM);
    }
  }
}

function explanation({ server, where }: SignInSubject): string[] {
  return [
    `Your agent wants to use "${server}" in your name. Enter the token with which your client connects to this gateway; then sign in at ${where}.`,
    'Did somebody else send you this link? Then close this page.',
  ];
}

function cookieOf({ headers }: IncomingMessage): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1);
}
