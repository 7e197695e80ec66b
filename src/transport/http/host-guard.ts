/** `Host` and `Origin` allow-lists: a web page must not reach a gateway through a name that it controls (DNS rebinding). */
import { isIP } from 'node:net';

export interface HostGuard {
  host(header: string | undefined): boolean;
  /** An absent `Origin` is not a browser and passes. */
  origin(header: string | undefined, host: string | undefined): boolean;
  /** True if pages of this origin may read answers (CORS). */
  shares(origin: string): boolean;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/**
 * @param bindHost the address that the server listens on.
 * @param allowedHosts further host names, with or without port.
 * @param corsOrigins origins whose pages may call; `*` for all.
 */
export function createHostGuard(
  bindHost: string,
  allowedHosts: readonly string[],
  corsOrigins: readonly string[],
): HostGuard {
  const hosts = new Set([...LOOPBACK_NAMES, bracketed(bindHost), ...allowedHosts].map((host) => host.toLowerCase()));
  const origins = new Set(corsOrigins.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
  const shares = (origin: string): boolean => origins.has('*') || origins.has(origin.toLowerCase());
  /** The last one that was allowed: most requests have the same. */
  let lastHost: string | undefined;
  return {
    host(header) {
      if (header === undefined) return false;
      if (header === lastHost) return true;
      const host = header.toLowerCase();
      const name = /^(\[[^\]]*\]|[^:]*):\d{1,5}$/.exec(host)?.[1];
      if (!hosts.has(host) && (name === undefined || !hosts.has(name))) return false;
      lastHost = header;
      return true;
    },
    origin(header, host) {
      if (header === undefined) return true;
      if (shares(header)) return true;
      return host !== undefined && (header === `http://${host}` || header === `https://${host}`);
    },
    shares,
  };
}

function bracketed(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}
