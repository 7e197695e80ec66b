/** A connection through a proxy to a server that is reached with TLS (RFC 9110, section 9.3.6). */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { ProxyServer } from './egress-proxy.ts';

/** The proxy answered, and makes no connection. */
export class ProxyRefusal extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`The proxy answered with HTTP ${status}.`);
    this.status = status;
  }
}

/** @returns the connection, on which nothing was said yet. @throws ProxyRefusal; an error of the system */
export function openTunnel(
  { url, authorization }: ProxyServer,
  target: string,
  timeoutMs: number,
  secureContext: SecureContext | undefined,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const headers = { host: target, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) };
    const isSecure = url.protocol === 'https:';
    const request = (isSecure ? httpsRequest : httpRequest)({
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (isSecure ? 443 : 80),
      method: 'CONNECT',
      path: target,
      headers,
      agent: false,
      ...(isSecure && secureContext !== undefined ? { secureContext } : {}),
    });
    const timer = setTimeout(() => {
      request.destroy(Object.assign(new Error('The proxy is silent.'), { code: 'UND_ERR_CONNECT_TIMEOUT' }));
    }, timeoutMs);
    const refuse = (status: number): void => {
      clearTimeout(timer);
      reject(new ProxyRefusal(status));
      request.destroy();
    };
    request.once('connect', ({ statusCode = 0 }, socket, head) => {
      // Bytes that a server sends before the TLS of its client has begun are for nobody.
      if (statusCode !== 200 || head.length > 0) {
        socket.destroy();
        refuse(statusCode);
        return;
      }
      clearTimeout(timer);
      resolve(socket as Socket);
    });
    request.once('response', ({ statusCode = 0 }) => refuse(statusCode));
    request.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.end();
  });
}
