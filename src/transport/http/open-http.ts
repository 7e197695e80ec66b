/** Everything of HTTP that listens, put together: loaded where a gateway listens, and not over stdio. */

import { serverStatuses } from '../../admin/gateway-status.ts';
import type { Settings } from '../../config/settings.ts';
import type { ServerDefinition, Snapshot } from '../../config/snapshot.ts';
import { toldVersion } from '../../config/state-keys.ts';
import { createAuthenticate } from '../../identity/authenticate.ts';
import { protectedResource } from '../../identity/protected-resource.ts';
import { TEXT_TYPE } from '../../observe/family.ts';
import { sinceBoot } from '../../shared/since-boot.ts';
import { VERSION } from '../../shared/version.ts';
import type { TransportParts } from '../transports.ts';
import { createHostGuard } from './host-guard.ts';
import { type HttpServerOptions, type HttpTransport, serveHttp } from './http-server.ts';
import { createRefusals } from './refused-requests.ts';
import type { ServerCards } from './server-cards.ts';
import { createThrottle, THROTTLE_LIMITS } from './throttle.ts';
import type { UiEndpoint } from './ui-endpoint.ts';

interface OpenHttp extends TransportParts, Pick<HttpServerOptions, 'connect' | 'failed' | 'mcp' | 'ready'> {
  /** Hash of the token that the gateway made for itself, where it did. */
  readonly generatedTokenHash: string | undefined;
  /** The part of the limits of the whole gateway that this process has, up to 1. */
  readonly share: number;
  /** Milliseconds since the system started. */
  readonly startedAt: number;
}

/** @throws GatewayError CANNOT_LISTEN */
export async function openHttp(options: OpenHttp): Promise<HttpTransport> {
  const { settings, snapshot, parts, worker, connect, failed, mcp, ready, share, startedAt, generatedTokenHash } =
    options;
  const { noAuth, host, port, corsOrigins } = settings;
  const { log, signInPrompts } = parts;
  return serveHttp({
    at: worker === undefined ? { host, port } : undefined,
    guard: createHostGuard(host, allowedHosts(settings), corsOrigins),
    signInPrompts,
    forwarding: worker?.forwarding,
    authenticate: createAuthenticate({ snapshot, noAuth, generatedTokenHash, log }),
    throttle: createThrottle({ ...THROTTLE_LIMITS, burst: Math.max(1, Math.floor(THROTTLE_LIMITS.burst * share)) }),
    resource: (name) => protectedResource(snapshot(), name),
    connect,
    cards: await openCards(options),
    visible: (connection) => connection.sees(snapshot()),
    mcp,
    ui: await openUi(options),
    health: () => ({ status: 'ok', version: VERSION, uptime_seconds: (sinceBoot() - startedAt) / 1000 }),
    ready,
    configuration: () => toldVersion(settings, snapshot().version),
    servers: async (connection) => serverStatuses(await options.servers(), connection.sees(snapshot())),
    metrics: async (accept, connection) => {
      const visible = connection.sees(snapshot());
      return accept?.includes('application/json') === true
        ? { type: 'application/json', text: await options.metrics('json', visible) }
        : { type: TEXT_TYPE, text: await options.metrics('prometheus', visible) };
    },
    failed,
    refused: createRefusals(parts),
  });
}

/** Loaded where somebody wants it. */
async function openUi({ settings, snapshot, worker }: OpenHttp): Promise<UiEndpoint | undefined> {
  if (settings.ui === 'off') return undefined;
  const { UiEndpoint } = await import('./ui-endpoint.ts');
  return new UiEndpoint({ settings, snapshot, isWorker: worker !== undefined });
}

/** Loaded where the gateway has an address for others. */
async function openCards({ settings: { publicUrl }, snapshot }: OpenHttp): Promise<ServerCards | undefined> {
  if (publicUrl === undefined) return undefined;
  const { createServerCards } = await import('./server-cards.ts');
  return createServerCards({ publicUrl, servers: () => offeredBy(snapshot()) });
}

/** Browsers come to the public address. */
function allowedHosts({ allowedHosts: named, publicUrl }: Settings): readonly string[] {
  return publicUrl === undefined ? named : [...named, new URL(publicUrl).host];
}

/** The servers that have an address of their own: virtual ones too. */
function offeredBy({ servers, virtual }: Snapshot): ReadonlyMap<string, Pick<ServerDefinition, 'description'>> {
  return virtual === undefined
    ? servers
    : new Map<string, Pick<ServerDefinition, 'description'>>([...servers, ...virtual]);
}
