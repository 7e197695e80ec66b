/** An MCP server on loopback that wants an access token, made by its authorization server for it. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { startHttp } from '../../src/upstream/testing.ts';
import type { SignInServer } from './sign-in-server.ts';

export interface ProtectedServer {
  /** What its entry says. */
  readonly url: string;
  /** Tokens that it does not take any more. */
  readonly revoked: Set<string>;
  /** Subjects of the requests that it let through. */
  readonly subjects: string[];
  /** Calls that it sent away with 401. */
  refusals: number;
  /** Resolves when that many calls wait at the door; they are then all answered. */
  gather(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** Checks the proof of a request whose token is bound to a key; false where it is none of that request. */
export type CheckProof = (request: IncomingMessage, body: string, token: string, url: string) => Promise<boolean>;

/** @param checkProof where it takes only tokens that are bound to a key */
export async function startProtected(
  issuer: SignInServer,
  generation: 'modern' | 'legacy',
  checkProof?: CheckProof,
): Promise<ProtectedServer> {
  const scheme = checkProof === undefined ? 'Bearer' : 'DPoP';
  const inner = await startHttp(generation);
  const revoked = new Set<string>();
  const subjects: string[] = [];
  let door: { readonly count: number; readonly waiting: (() => void)[]; readonly full: () => void } | undefined;

  const tokenOf = async (request: IncomingMessage, body: string): Promise<string | undefined> => {
    const [name, token] = (request.headers.authorization ?? '').split(' ');
    if (name !== scheme || token === undefined || revoked.has(token)) return undefined;
    if (checkProof !== undefined && !(await checkProof(request, body, token, state.url))) return undefined;
    return issuer.verify(token, state.url).then(
      ({ sub }) => sub,
      () => undefined,
    );
  };
  const atTheDoor = async (): Promise<void> => {
    const here = door;
    if (here === undefined) return;
    await new Promise<void>((resolve) => {
      here.waiting.push(resolve);
      if (here.waiting.length < here.count) return;
      door = undefined;
      for (const enter of here.waiting) enter();
      here.full();
    });
  };
  const server = createServer(async (request, response) => {
    if (request.url === '/.well-known/oauth-protected-resource/mcp') {
      const metadata = { resource: state.url, authorization_servers: [issuer.url], scopes_supported: ['tools'] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(metadata));
      return;
    }
    // A list may be asked for again at any time, and is none of the calls that a test counts.
    const isCall = (request.headers['mcp-method'] ?? 'tools/call') === 'tools/call';
    if (isCall) await atTheDoor();
    const body = await text(request);
    const subject = await tokenOf(request, body);
    if (subject === undefined) {
      if (isCall) state.refusals++;
      const metadata = new URL('/.well-known/oauth-protected-resource/mcp', state.url);
      response.writeHead(401, { 'www-authenticate': `${scheme} resource_metadata="${metadata}"` }).end();
      return;
    }
    subjects.push(subject);
    forward(request, body, response, inner.url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const state: ProtectedServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    revoked,
    subjects,
    refusals: 0,
    gather: (count) =>
      new Promise((resolve) => {
        door = { count, waiting: [], full: resolve };
      }),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await inner.close();
    },
  };
  return state;
}

function forward(request: IncomingMessage, body: string, response: ServerResponse, to: string): void {
  const outgoing = httpRequest(to, { method: request.method, headers: request.headers, agent: false }, (incoming) => {
    response.writeHead(incoming.statusCode ?? 502, incoming.headers);
    incoming.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  response.on('close', () => outgoing.destroy());
  outgoing.end(body);
}
