/** The HTTP server: guards and routes. Everything that MCP says about HTTP is in mcp-endpoint.ts. */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Authenticate } from '../../identity/authenticate.ts';
import type { Authentication } from '../../identity/authentication.ts';
import type { Proof } from '../../identity/proof.ts';
import { METADATA_PATH, type ProtectedResource } from '../../identity/protected-resource.ts';
import { refusal } from '../../mcp/response.ts';
import type { VisibleNames } from '../../observe/metrics-filter.ts';
import type { Connection } from '../../pipeline/caller.ts';
import type { SignInPrompts } from '../../pipeline/sign-in-prompts.ts';
import { Departure } from './departure.ts';
import type { WorkerForwarding } from './forward-to-worker.ts';
import { isVerbose, type StateOptions, sendMetrics, sendReadiness, sendServers } from './health-routes.ts';
import type { HostGuard } from './host-guard.ts';
import { cannotListen } from './listen-error.ts';
import type { McpEndpoint } from './mcp-endpoint.ts';
import { NO_HEADERS, sendJson } from './mcp-reply.ts';
import { refusedSignIn } from './no-authorization-server.ts';
import type { RefusedFor } from './refused-requests.ts';
import { ambiguityOf } from './request-smuggling.ts';
import type { ServerCards } from './server-cards.ts';
import { serveSignIn } from './sign-in-routes.ts';
import type { Throttle } from './throttle.ts';
import type { UiEndpoint } from './ui-endpoint.ts';
import { challenge, tooMany } from './unauthorized.ts';

export interface HttpServerOptions extends StateOptions {
  /** An address, with port 0 for any free one; undefined where all connections are adopted. */
  readonly at: { readonly host: string; readonly port: number } | undefined;
  readonly guard: HostGuard;
  readonly authenticate: Authenticate;
  readonly throttle: Throttle;
  /** The gateway as clients of its issuers see it, under that `Host`; undefined where there are no issuers. */
  readonly resource: (host: string) => ProtectedResource | undefined;
  readonly signInPrompts: SignInPrompts;
  /** The sign-ins of other workers; undefined where this is the only process. */
  readonly forwarding?: WorkerForwarding | undefined;
  readonly connect: (proof: Proof) => Connection;
  /** Documents for clients that look for servers; undefined where nobody knows the address of the gateway. */
  readonly cards: ServerCards | undefined;
  readonly visible: (connection: Connection) => VisibleNames | undefined;
  readonly mcp: McpEndpoint;
  /** The web page; undefined where there is none. */
  readonly ui: UiEndpoint | undefined;
  readonly health: () => object;
  /** Told of every request that is refused before anybody looks at what it asks for. */
  readonly refused: (reason: RefusedFor, address: string | undefined) => void;
}

export interface HttpTransport {
  /** The URL at which it listens, e.g. `http://127.0.0.1:8000/mcp`; empty where it does not. */
  readonly url: string;
  /**
   * Serves a connection that somebody else accepted.
   * @param head what was read of it already.
   */
  adopt(socket: Socket, head: Buffer): void;
  /**
   * Ends each connection with its next answer, and accepts further ones for `ms` milliseconds alone: whoever comes again is sent
   * elsewhere by a load balancer.
   */
  leave(ms: number): Promise<void>;
  /** Accepts no further connections and closes every one. Until then probes are answered, also while draining. */
  close(): Promise<void>;
}

/** Milliseconds an idle connection is kept: longer than proxies in front usually keep theirs. */
const KEEP_ALIVE_MS = 75_000;

/** Milliseconds of silence after which TCP asks whether the other end is still there. */
const PROBE_MS = 60_000;

/** Starts to listen. @throws GatewayError CANNOT_LISTEN */
export async function serveHttp(options: HttpServerOptions): Promise<HttpTransport> {
  // A client that is gone without a word is found out, so that its streams end.
  const server = createServer({ keepAlive: true, keepAliveInitialDelay: PROBE_MS }, (request, response) => {
    if (departure.hasBegun) departure.last(request, response);
    try {
      route(options, request, response);
    } catch (error) {
      options.failed(error);
      if (!response.headersSent) sendJson(response, refusal('null', 'INTERNAL', 'The gateway failed on this request.'));
      else response.destroy();
    }
  });
  const departure = new Departure(server);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const { at } = options;
  const url = at === undefined ? withoutAddress(server) : await listen(server, at, options.failed);
  return {
    url,
    adopt: (socket, head) => {
      socket.setNoDelay(true);
      if (head.length > 0) socket.unshift(head);
      server.emit('connection', socket);
    },
    leave: (ms) => departure.begin(ms),
    close: () => {
      options.ui?.close();
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      return closed;
    },
  };
}

function listen(
  server: Server,
  { host, port }: NonNullable<HttpServerOptions['at']>,
  failed: (error: unknown) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const refused = (error: unknown): void => reject(cannotListen(error, host, port));
    server.once('error', refused);
    server.listen({ host, port }, () => {
      server.off('error', refused);
      server.on('error', failed);
      const name = host.includes(':') ? `[${host}]` : host;
      resolve(`http://${name}:${(server.address() as AddressInfo).port}/mcp`);
    });
  });
}

/** Node begins to look after the time limits of connections with this event. */
function withoutAddress(server: Server): string {
  server.emit('listening');
  return '';
}

function route(options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): void {
  const ambiguity = ambiguityOf(request);
  if (ambiguity !== undefined) {
    const answer = { ...refusal('null', 'INVALID_REQUEST', ambiguity), status: 400 };
    sendJson(response, answer, { connection: 'close' });
    return;
  }
  const path = pathOf(request.url ?? '/');
  if (path === '/health') sendJson(response, { status: 200, text: JSON.stringify(options.health()) });
  else if (path === '/ready' && !isVerbose(request.url)) sendReadiness(options, response);
  else guarded(options, request, response, path);
}

/** Everything but the two probes: `Host` and `Origin` first, then the credential, then what is asked for. */
function guarded(options: HttpServerOptions, request: IncomingMessage, response: ServerResponse, path: string): void {
  const { host, origin, authorization } = request.headers;
  if (!options.guard.host(host)) {
    options.refused('host', request.socket.remoteAddress);
    forbid(response, 'Host is not allowed: add it to GATEWAY_ALLOWED_HOSTS.');
    return;
  }
  if (!options.guard.origin(origin, host)) {
    options.refused('origin', request.socket.remoteAddress);
    forbid(response, 'Origin is not allowed: add it to GATEWAY_CORS_ORIGINS.');
    return;
  }
  const isUi = options.ui !== undefined && /^\/ui(?:$|\/)/.test(path);
  if (isUi && options.ui?.servesPage(request, response, path) === true) return;
  const cors = isUi ? NO_HEADERS : corsHeaders(options.guard, origin);
  if (request.method === 'OPTIONS') {
    preflight(request, response, cors);
    return;
  }
  const metadata = metadataOf(options, host ?? '', path);
  if (metadata !== undefined) {
    sendJson(response, { status: 200, text: JSON.stringify(metadata) }, cors);
    return;
  }
  if (options.cards?.servePublic(request, response, path, cors) === true) return;
  const noSignIn = options.cards?.isCatalog(path) === true ? undefined : refusedSignIn(path);
  if (noSignIn !== undefined && options.resource(host ?? '') === undefined) {
    sendJson(response, noSignIn, cors);
    return;
  }
  if (path.startsWith('/oauth/') && serveSignIn(options, request, response, path)) return;
  const admitted = (found: Authentication): void => {
    if (isUi && found.kind === 'proven') void options.ui?.answer(request, response, options.connect(found.proof));
    else if (found.kind === 'proven') serve(options, request, response, path, options.connect(found.proof), cors);
    else refuse(options, request, response, found, cors);
  };
  const found = options.authenticate(authorization, request.socket);
  if (!(found instanceof Promise)) admitted(found);
  else {
    found
      .then((result) => {
        if (!request.destroyed) admitted(result);
      })
      .catch((error: unknown) => {
        options.failed(error);
        response.destroy();
      });
  }
}

function serve(
  options: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  connection: Connection,
  cors: OutgoingHttpHeaders,
): void {
  if (request.method === 'GET' && options.cards?.serve(response, path, options.visible(connection), cors) === true)
    return;
  const server = serverOf(path);
  if (path === '/mcp' || server !== undefined) options.mcp.handle(request, response, connection, server, cors);
  else if (path === '/metrics') void sendMetrics(options, request, response, connection, cors);
  else if (path === '/ready') void sendServers(options, response, connection, cors);
  else {
    const answer = refusal('null', 'INVALID_REQUEST', 'Not found: MCP is served at /mcp and /mcp/servers/NAME.');
    sendJson(response, { ...answer, status: 404 }, cors);
  }
}

function refuse(
  options: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  refused: Exclude<Authentication, { kind: 'proven' }>,
  cors: OutgoingHttpHeaders,
): void {
  const address = request.socket.remoteAddress;
  options.refused(refused.error === 'insufficient_scope' ? 'scope' : 'credential', address);
  const waitMs = options.throttle.refused(address);
  if (waitMs > 0) tooMany(response, waitMs, cors);
  else challenge(response, refused, options.resource(request.headers.host ?? ''), cors);
}

/** The resource at this path, if it is where RFC 9728 section 3.1 puts the metadata; a proxy in front may have added to it. */
function metadataOf(options: HttpServerOptions, host: string, path: string): ProtectedResource['metadata'] | undefined {
  if (!path.startsWith(METADATA_PATH)) return undefined;
  const resource = options.resource(host);
  if (resource === undefined) return undefined;
  const isHere = path === `${METADATA_PATH}/mcp` || path === new URL(resource.metadataUrl).pathname;
  return isHere ? resource.metadata : undefined;
}

/** The server that a path names, `/mcp/servers/NAME`; whether there is one is for the pipeline to say. */
function serverOf(path: string): string | undefined {
  if (!path.startsWith(SERVER_PATH) || path.length === SERVER_PATH.length) return undefined;
  try {
    return decodeURIComponent(path.slice(SERVER_PATH.length));
  } catch {
    return undefined;
  }
}

const SERVER_PATH = '/mcp/servers/';

/** The path of a request; slashes at its end say nothing: clients are given addresses with them, or make such. */
function pathOf(url: string): string {
  if (url === '/mcp') return url;
  const query = url.search(/[?#]/);
  let end = query < 0 ? url.length : query;
  while (end > 1 && url.charAt(end - 1) === '/') end--;
  return url.slice(0, end);
}

function forbid(response: ServerResponse, message: string): void {
  sendJson(response, { ...refusal('null', 'INVALID_REQUEST', message), status: 403 }, { connection: 'close' });
}

function corsHeaders(guard: HostGuard, origin: string | undefined): OutgoingHttpHeaders {
  if (origin === undefined || !guard.shares(origin)) return NO_HEADERS;
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate',
    vary: 'Origin',
  };
}

/** A preflight carries no credential; it only learns what the guards above allow (Fetch standard, CORS protocol). */
function preflight(request: IncomingMessage, response: ServerResponse, cors: OutgoingHttpHeaders): void {
  const asked = request.headers['access-control-request-headers'];
  response.writeHead(204, {
    ...cors,
    'access-control-allow-methods': 'GET, POST, DELETE',
    ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }),
    'access-control-max-age': '600',
  });
  response.end();
}
