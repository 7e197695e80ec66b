/** The servers of a gateway: signing in to them, their connections, and the catalogue of what they offer. */
import { join } from 'node:path';
import { Catalog } from '../catalog/catalog.ts';
import { createHistory } from '../catalog/definition-history.ts';
import { checkedConnect } from '../catalog/lock/checked-connections.ts';
import type { DefinitionGuard } from '../catalog/lock/definition-guard.ts';
import { recordChange } from '../catalog/record-change.ts';
import type { ServerBeside } from '../catalog/scan/scan-server.ts';
import { LIST_KINDS } from '../catalog/server-lists.ts';
import { openStrictServers } from '../catalog/strict-servers.ts';
import { serverEvents } from '../mcp/server-events.ts';
import { Subscriptions } from '../mcp/subscriptions.ts';
import type { Tracer } from '../observe/tracing.ts';
import { createRenameLog, type RenameLog } from '../operations/server-methods/rename-log.ts';
import { STDIO_OWNER } from '../pipeline/tenant.ts';
import { VERSION } from '../shared/version.ts';
import type { UpstreamEvents, Upstreams } from '../upstream/contract.ts';
import type { AddressGuardOptions } from '../upstream/oauth/address-guard.ts';
import { openCredentials } from '../upstream/oauth/credential-store.ts';
import type { GuardedFetch } from '../upstream/oauth/guarded-fetch.ts';
import { createOAuthClient, type OAuthClient } from '../upstream/oauth/oauth-client.ts';

import { connect } from '../upstream/pool/connect-server.ts';
import { createUpstreams } from '../upstream/pool/upstreams.ts';
import { guardianScript } from '../upstream/process/guardian.ts';
import { ownPlacesOf } from '../upstream/sandbox/own-places.ts';
import { openDefinitions } from './definition-lock.ts';
import type { Foundation, GatewayOptions } from './foundation.ts';

export interface ServerSide {
  readonly subscriptions: Subscriptions;
  readonly oauth: OAuthClient;
  /** The servers of this process. */
  readonly ownUpstreams: Upstreams;
  /** Those of all workers. */
  readonly upstreams: Upstreams;
  readonly catalog: Catalog;
  readonly renames: RenameLog;
  /** Ends the watching of the lock file. */
  unwatch(): void;
  /** Resolves when what the servers offer is written down. */
  settled(): Promise<void>;
}

/** @param options of the gateway. */
export function createServerSide(foundation: Foundation, options: GatewayOptions, tracer?: Tracer): ServerSide {
  const { settings, config, log, redactor, worker } = foundation;
  const subscriptions = new Subscriptions(config.current);
  const events = serverEvents(subscriptions, () => catalog);
  const oauth = createOAuthClient({
    store: openCredentials(settings, log),
    guardedFetch,
    listen: async (...how) => (await import('../transport/http/oauth-callback.ts')).listenForCallback(...how),
    log,
    servers: () => config.current().servers.values(),
    keepSecrets: (owner, values) => redactor.renew(owner, values),
    // Its lists are there then for callers that got none of it.
    signedIn: (server) => void upstreams.control(server, 'warm'),
  });
  const definitions =
    options.unguarded === true ? undefined : openDefinitions(foundation, (server) => othersOf(server));
  const guard = definitions?.guard;
  const ownUpstreams = openUpstreams(foundation, oauth, worker?.events(events) ?? events, { guard, tracer });
  const upstreams = worker?.upstreams(ownUpstreams) ?? ownUpstreams;
  const history = openHistory(foundation, guard);
  const renames = createRenameLog(log);
  const catalog = new Catalog({
    upstreams,
    log,
    history,
    guard,
    onTools: renames.tools,
    cacheDir: settings.cacheDir,
    redact: redactor.redact,
    onArrival: (server, kind) => subscriptions.listsChanged(server.name, [kind]),
    others: worker?.unlisted,
  });
  const othersOf = (name: string): readonly ServerBeside[] =>
    [...config.current().servers.values()].flatMap((server) => {
      const tools = server.name === name ? undefined : catalog.listed(server);
      return tools === undefined ? [] : [{ server: server.name, tools }];
    });
  const unwatch = definitions?.watch(options.watch !== false, (server) => {
    catalog.invalidate(server);
    subscriptions.listsChanged(server.name, LIST_KINDS);
  });
  return {
    unwatch: () => unwatch?.(),
    subscriptions,
    oauth,
    ownUpstreams,
    upstreams,
    catalog,
    renames,
    settled: history.settled,
  };
}

function openUpstreams(
  foundation: Foundation,
  oauth: OAuthClient,
  events: UpstreamEvents,
  { guard, tracer }: { readonly guard: DefinitionGuard | undefined; readonly tracer: Tracer | undefined },
): Upstreams {
  const { settings, config, log, redactor, gatewayId } = foundation;
  return createUpstreams({
    version: VERSION,
    gatewayId,
    ownPlaces: ownPlacesOf(settings, config.current().paths),
    maxMessageBytes: settings.maxResponseBytes,
    httpClient: settings.httpClient,
    guardianScript: guardianScript(),
    only: settings.transport === 'stdio' ? STDIO_OWNER : undefined,
    log,
    redact: redactor.redact,
    isInForce: ({ name, key }) => config.definition(name, key) !== undefined,
    authorization: oauth.authorization,
    strict: openStrictServers(settings.cacheDir, (err) =>
      log.debug({ err }, 'how a server starts is not written down'),
    ),
    events,
    spansOf: tracer && (({ name, link }) => tracer.connection(name, link.transport === 'stdio' ? undefined : link.url)),
    ...(guard === undefined ? {} : { connect: checkedConnect(connect, guard) }),
  });
}

/** The offers of servers so far: a change is a record, once for all workers. */
function openHistory(
  { settings, audit, log, worker }: Foundation,
  guard: DefinitionGuard | undefined,
): ReturnType<typeof createHistory> {
  return createHistory({
    folder: join(settings.cacheDir, 'definitions'),
    onChange(change) {
      const record = (isNews: boolean): void => {
        if (!isNews) return;
        const names = [...change.added, ...change.changed.map(({ name }) => name)];
        const digests = names.map((name) => [name, change.tools.get(name) ?? ''] as const);
        recordChange(audit, log, change, guard?.heldOf(change.server, 'tool', digests) ?? []);
      };
      if (worker === undefined) record(true);
      else void worker.isNews(change.server.name, change.digest).then(record);
    },
    failed: (error) => log.warn({ err: error }, 'what the servers offer could not be written down'),
  });
}

/** Loaded when a server wants a sign-in: few do. */
function guardedFetch(options: AddressGuardOptions): GuardedFetch {
  let fetch: Promise<GuardedFetch> | undefined;
  return async (...request) => {
    fetch ??= import('../upstream/oauth/guarded-fetch.ts').then((loaded) => loaded.createGuardedFetch(options));
    return (await fetch)(...request);
  };
}
