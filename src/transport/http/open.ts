/** Everything of HTTP that listens, put together: loaded where a gateway listens, and not over stdio. */

import type { Settings } from '../../config/settings.ts';
import { createAuthenticate } from '../../identity/authenticate.ts';
import { protectedResource } from '../../identity/resource.ts';
import { TEXT_TYPE } from '../../observe/exposition.ts';
import { sinceBoot } from '../../shared/since-boot.ts';
import { VERSION } from '../../shared/version.ts';
import type { TransportParts } from '../start.ts';
import { serversIn } from '../status.ts';
import { createGuard } from './guard.ts';
import { createRefusals } from './refusals.ts';
import { type HttpOptions, type HttpTransport, serveHttp } from './server.ts';
import { createThrottle, THROTTLE_LIMITS } from './throttle.ts';

export interface OpenHttp extends TransportParts, Pick<HttpOptions, 'connect' | 'failed' | 'mcp' | 'ready'> {
  /** Hash of the token that the gateway made for itself, where it did. */
  readonly generatedTokenHash: string | undefined;
  /** The part of the limits of the whole gateway that this process has, up to 1. */
  readonly share: number;
  /** Milliseconds since the system started. */
  readonly startedAt: number;
}

/** @throws GatewayError CANNOT_LISTEN */
export function openHttp(options: OpenHttp): Promise<HttpTransport> {
  const { settings, snapshot, parts, seat, connect, failed, mcp, ready, share, startedAt, generatedTokenHash } =
    options;
  const { noAuth, host, port, corsOrigins } = settings;
  const { log, desk } = parts;
  return serveHttp({
    at: seat === undefined ? { host, port } : undefined,
    guard: createGuard(host, allowedHosts(settings), corsOrigins),
    desk,
    elsewhere: seat?.elsewhere,
    authenticate: createAuthenticate({ snapshot, noAuth, generatedTokenHash, log }),
    throttle: createThrottle({ ...THROTTLE_LIMITS, burst: Math.max(1, Math.floor(THROTTLE_LIMITS.burst * share)) }),
    resource: (name) => protectedResource(snapshot(), name),
    connect,
    mcp,
    health: () => ({ status: 'ok', version: VERSION, uptime_seconds: (sinceBoot() - startedAt) / 1000 }),
    ready,
    servers: async (connection) => serversIn(await options.servers(), connection.sees(snapshot())),
    metrics: async (accept, connection) => {
      const sight = connection.sees(snapshot());
      return accept?.includes('application/json') === true
        ? { type: 'application/json', text: await options.metrics('json', sight) }
        : { type: TEXT_TYPE, text: await options.metrics('prometheus', sight) };
    },
    failed,
    refused: createRefusals(parts),
  });
}

/** Browsers come to the public address. */
function allowedHosts({ allowedHosts: named, publicUrl }: Settings): readonly string[] {
  return publicUrl === undefined ? named : [...named, new URL(publicUrl).host];
}
