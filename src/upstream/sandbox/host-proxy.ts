/** The proxy of one sandbox: HTTP CONNECT (RFC 9110, section 9.3.6) to the hosts that its entry names, and to nothing else. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { within } from '../../shared/wait-for.ts';
import { proxyFor } from '../channel/egress-proxy.ts';
import type { Warn } from '../warning-limiter.ts';
import { addressesOf, type HostTarget, type Lookup, namedTarget } from './named-hosts.ts';

export interface HostProxyOptions {
  /** Path of the socket on which it listens. */
  readonly path: string;
  /** `name:port` in small letters. */
  readonly hosts: ReadonlySet<string>;
  readonly warn: Warn;
  /** For tests, which reach nothing public. */
  readonly find?: Lookup | undefined;
  readonly isPublic?: ((address: string) => boolean) | undefined;
}

export interface HostProxy {
  /** Ends all connections, and removes the socket. */
  close(): void;
}

const MAX_CONNECTIONS = 256;
/** Milliseconds for a name, and for each of its addresses. */
const WAIT_MS = 10_000;

/** @throws the error of listening */
export async function openHostProxy(options: HostProxyOptions): Promise<HostProxy> {
  const { path } = options;
  const sockets = new Set<Duplex>();
  const server: Server = createServer((_, response) => {
    response.writeHead(405, { connection: 'close' }).end('This proxy only makes connections for https.\n');
  });
  server.maxConnections = MAX_CONNECTIONS;
  const keep = (socket: Duplex): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  server.on('connection', keep);
  server.on('connect', (request, client, head) => {
    void tunnel(request.url ?? '', client, head, keep, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      rmSync(path, { force: true });
    },
  };
}

async function tunnel(
  authority: string,
  client: Duplex,
  head: Buffer,
  keep: (socket: Duplex) => void,
  options: HostProxyOptions,
): Promise<void> {
  const target = namedTarget(authority, options.hosts);
  if (target === undefined) {
    options.warn('asked for a host that "network" of its sandbox does not name', { host: authority.slice(0, 100) });
    return refuse(client, '403 Forbidden');
  }
  const server = await reach(target, options).catch(() => undefined);
  if (server === undefined) return refuse(client, '502 Bad Gateway');
  keep(server);
  if (client.destroyed) return void server.destroy();
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  if (head.length > 0) server.write(head);
  client.pipe(server).pipe(client);
  client.once('close', () => server.destroy());
  server.once('close', () => client.destroy());
}

function refuse(client: Duplex, status: string): void {
  client.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

/** A connection to a named host; undefined where it has no address that may be reached, or none answers. */
async function reach(
  { name, port }: HostTarget,
  { find, isPublic, warn }: HostProxyOptions,
): Promise<Socket | undefined> {
  const proxy = proxyFor(new URL(`https://${name}:${port}`));
  if (proxy !== undefined) {
    const { openTunnel } = await import('../channel/proxy-tunnel.ts');
    return openTunnel(proxy, `${name}:${port}`, WAIT_MS, undefined);
  }
  const addresses = (await within(addressesOf(name, find, isPublic), WAIT_MS)) ?? [];
  if (addresses.length === 0) warn('asked for a host that has no address on the public internet', { host: name });
  for (const address of addresses) {
    const socket = await opened(address, port);
    if (socket !== undefined) return socket;
  }
  return undefined;
}

function opened(host: string, port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true });
    const end = (result: Socket | undefined): void => {
      clearTimeout(timer);
      if (result === undefined) socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(undefined), WAIT_MS);
    socket.once('connect', () => end(socket));
    socket.once('error', () => end(undefined));
  });
}
