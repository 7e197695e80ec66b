/** Serves the web page to its owner on this machine, and what it asks for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GatewayError } from '../shared/errors.ts';
import { createHostGuard } from '../transport/http/host-guard.ts';
import { cannotListen } from '../transport/http/listen-error.ts';
import type { Page } from './page.ts';
import { readBody } from './read-body.ts';
import { Viewers } from './viewers.ts';

/** Something that the page can ask for. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Segments behind `/api/`; one that begins with `:` stands for any. */
  readonly path: string;
  /** True where it changes something: refused unless the owner wants that. */
  readonly writes?: true;
  /** @returns what is sent as JSON; undefined where it has answered by itself. */
  answer(request: UiRequest): unknown;
}

export interface UiRequest {
  /** What stands for the segments that begin with `:`, decoded. */
  readonly names: readonly string[];
  readonly query: URLSearchParams;
  /** The JSON value of the body of a POST. */
  readonly body: unknown;
  readonly response: ServerResponse;
}

export interface UiOptions {
  readonly port: number;
  readonly page: Page;
  readonly routes: readonly Route[];
  readonly mayWrite: boolean;
}

export interface UiServer {
  readonly port: number;
  /** A link that works once. */
  link(): string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const API = '/api/';

/** Starts to listen on this machine alone. @throws GatewayError CANNOT_LISTEN */
export async function serveUi(options: UiOptions): Promise<UiServer> {
  const viewers = new Viewers();
  const guard = createHostGuard(HOST, [], []);
  const server = createServer((request, response) => {
    // A page elsewhere must not reach this one through a name that it controls, nor put it into a frame.
    const { host, origin } = request.headers;
    if (!guard.host(host) || !guard.origin(origin, host)) return refuse(response, 403, 'This address is not for that.');
    handle(options, viewers, request, response).catch((error: unknown) => fail(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, HOST, options.port)));
    server.listen(options.port, HOST, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    link: () => `http://${HOST}:${port}/?key=${viewers.createLink()}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  options: UiOptions,
  viewers: Viewers,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${HOST}`);
  if (url.pathname === '/' && request.method === 'GET') return sendPage(options.page, viewers, url, request, response);
  if (!url.pathname.startsWith(API)) return refuse(response, 404, 'There is no such page.');
  const cookie = cookieOf(request);
  const token = request.headers['x-gateway-token'];
  if (!viewers.isViewer(cookie, typeof token === 'string' ? token : undefined)) {
    return refuse(response, 401, 'This browser may not look: open a new link, as "agent-mcp-gateway ui" prints it.');
  }
  const found = findRoute(options.routes, request.method, url.pathname.slice(API.length));
  if (found === undefined) return refuse(response, 404, 'There is nothing of this name.');
  const { route, names } = found;
  if (route.writes === true && !options.mayWrite) {
    return refuse(
      response,
      403,
      'This page only looks: start it with "agent-mcp-gateway ui --write" to change things.',
    );
  }
  const body = route.method === 'POST' ? await readBody(request) : undefined;
  const value = await route.answer({ names, query: url.searchParams, body, response });
  if (value !== undefined) sendJson(response, 200, value);
}

/** Whoever follows a link is a viewer from then on; the key is gone from the address before anything is shown. */
function sendPage(page: Page, viewers: Viewers, url: URL, request: IncomingMessage, response: ServerResponse): void {
  const key = url.searchParams.get('key');
  const viewer = key === null ? undefined : viewers.follow(key);
  if (viewer !== undefined) {
    const cookie = `${cookieName(request)}=${viewer.cookie}; HttpOnly; SameSite=Strict; Path=/`;
    response.writeHead(303, { ...HEADERS, location: `/#token=${viewer.token}`, 'set-cookie': cookie }).end();
    return;
  }
  if (key !== null) {
    response.writeHead(303, { ...HEADERS, location: '/#used' }).end();
    return;
  }
  const headers = { ...HEADERS, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': page.policy };
  response.writeHead(200, headers).end(page.html);
}

function findRoute(
  routes: readonly Route[],
  method: string | undefined,
  path: string,
): { readonly route: Route; readonly names: readonly string[] } | undefined {
  const segments = path.split('/').map(decoded);
  for (const route of routes) {
    const wanted = route.path.split('/');
    if (route.method !== method || wanted.length !== segments.length) continue;
    if (!wanted.every((part, at) => part.startsWith(':') || part === segments[at])) continue;
    return { route, names: segments.filter((_, at) => wanted[at]?.startsWith(':') === true) };
  }
  return undefined;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Cookies do not know ports: each has a name of its own. */
function cookieName(request: IncomingMessage): string {
  return `gateway_ui_${request.socket.localPort}`;
}

function cookieOf(request: IncomingMessage): string | undefined {
  const name = `${cookieName(request)}=`;
  const pairs = (request.headers.cookie ?? '').split('; ');
  return pairs.find((pair) => pair.startsWith(name))?.slice(name.length);
}

const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** Begins an answer that has a line of JSON for each thing that happens. */
export function openLines(response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
}

function refuse(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: { message } });
}

/** What goes wrong is the owner's to know; it is on this machine. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const known = error instanceof GatewayError;
  const message = known ? error.message : `The page's server failed: ${error instanceof Error ? error.message : error}`;
  sendJson(response, known ? 400 : 500, { error: { code: known ? error.code : 'INTERNAL', message } });
}
