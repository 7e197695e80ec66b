/** Opens the channel of an API. */
import type { HttpClientKind } from '../../config/settings.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { type Authorization, authorized } from '../channel/authorization.ts';
import type { OpenChannel } from '../channel/channel.ts';
import { createHttpClient } from '../channel/http-client.ts';
import type { Log } from '../contract.ts';
import { createWarnings } from '../warning-limiter.ts';
import { prefixPath } from './call/request-path.ts';
import { checkBase } from './check-base.ts';
import { loadApi } from './load-api.ts';
import { openApiChannel } from './openapi-channel.ts';

interface OpenApiOptions {
  /** Version of the gateway. */
  readonly version: string;
  readonly log: Log;
  readonly signal: CancelSignal;
  readonly maxMessageBytes: number;
  readonly httpClient?: HttpClientKind | undefined;
  /** The credential of requests; undefined where the entry has all there is. */
  readonly authorization: Authorization | undefined;
}

interface OpenApi {
  readonly open: OpenChannel;
  /** For a channel that was not opened, or failed: lets the document go, and throws on. */
  readonly release: (error: unknown) => never;
}

/** Loads the document of a server and gives what opens its channel. @throws GatewayError SERVER_UNAVAILABLE, or the reason of the signal */
export async function openApiOf(server: ServerDefinition, options: OpenApiOptions): Promise<OpenApi> {
  const { version, log, signal, maxMessageBytes, httpClient, authorization } = options;
  const { link: definition } = server;
  if (definition.transport === 'stdio' || definition.openapi === undefined) throw new Error('The entry is no API.');
  const { api, release } = await loadApi({
    server,
    definition,
    version,
    signal,
    warn: createWarnings(log, server.name),
  });
  const letGo = (error: unknown): never => {
    release();
    throw error;
  };
  const { query, cookies, base, document } = definition.openapi;
  // A document from the web is at the place that its owner wrote.
  if (base === undefined && !/^https?:/.test(document)) await checkBase(server.name, api.base).catch(letGo);
  const own = createHttpClient(server.name, { ...definition, url: api.base }, version, httpClient);
  // Only where its owner says so: what an API answers to a request without a credential names places to ask for one.
  const signsIn = definition.oauth !== undefined || definition.credentials !== undefined;
  const client = authorized(own, signsIn ? authorization : undefined);
  const terms = { origin: new URL(api.base).origin, prefix: prefixPath(api.base), query, cookies };
  return {
    open: openApiChannel({ server: server.name, api, terms, client, maxMessageBytes, released: release }),
    release: letGo,
  };
}
