/** Serves the web page to its owner on this machine, and what it asks for. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHostGuard } from '../transport/http/host-guard.ts';
import { cannotListen } from '../transport/http/listen-error.ts';
import { readUiBody } from '../transport/http/ui-body.ts';
import { failure, failureOf, HEADERS, type Page, sendTold, sendUiPage } from '../transport/http/ui-page.ts';
import { type Route, tellRoute } from './route.ts';
import { Viewers } from './viewers.ts';

interface UiOptions {
  readonly port: number;
  readonly page: Page;
  readonly routes: readonly Route[];
  readonly mayWrite: boolean;
  /** The name of the person who looks: whoever has this account. */
  readonly who: string;
}

interface UiServer {
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
  if (url.pathname === '/' && request.method === 'GET') return enter(options.page, viewers, url, request, response);
  if (!url.pathname.startsWith(API)) return refuse(response, 404, 'There is no such page.');
  const cookie = cookieOf(request);
  const token = request.headers['x-gateway-token'];
  if (!viewers.isViewer(cookie, typeof token === 'string' ? token : undefined)) {
    return refuse(response, 401, 'This browser may not look: open a new link, as "agent-mcp-gateway ui" prints it.');
  }
  const body = request.method === 'POST' ? await readUiBody(request) : undefined;
  const path = `${url.pathname.slice(API.length)}${url.search}`;
  const { routes, who, mayWrite } = options;
  const told = await tellRoute(routes, { method: request.method ?? '', path, body, who, mayWrite });
  sendTold(response, told);
}

/** Whoever follows a link is a viewer from then on; the key is gone from the address before anything is shown. */
function enter(page: Page, viewers: Viewers, url: URL, request: IncomingMessage, response: ServerResponse): void {
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
  sendUiPage(response, page);
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

function refuse(response: ServerResponse, status: number, message: string): void {
  sendTold(response, failure(status, message));
}

/** A body that cannot be read, or what nobody thought of. */
function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else sendTold(response, failureOf(error));
}
