/** Opens the channel of an API. */
import type { HttpClientKind } from '../../config/settings.ts';
import { type Authorization, authorized } from '../channel/authorization.ts';
import type { OpenChannel } from '../channel/channel.ts';
import { createHttpClient } from '../channel/http-client.ts';
import { prefixPath } from './call/request-path.ts';
import { type LoadOptions, loadApi } from './load-api.ts';
import { openApiChannel } from './openapi-channel.ts';

interface OpenApiOptions extends LoadOptions {
  readonly maxMessageBytes: number;
  readonly httpClient: HttpClientKind | undefined;
  /** The credential of requests; undefined where the entry has all there is. */
  readonly authorization: Authorization | undefined;
}

/** Loads the document and gives what opens the channel. @throws GatewayError SERVER_UNAVAILABLE, or the reason of the signal */
export async function openApiOf(
  options: OpenApiOptions,
): Promise<{ readonly open: OpenChannel; readonly release: () => void }> {
  const { server, definition, version, maxMessageBytes, httpClient, authorization } = options;
  const { api, release } = await loadApi(options);
  const { openapi } = definition;
  const own = createHttpClient(server.name, { ...definition, url: api.base }, version, httpClient);
  // Only where its owner says so: what an API answers to a request without a credential names places to ask for one.
  const signsIn = definition.oauth !== undefined || definition.credentials !== undefined;
  const client = authorized(own, signsIn ? authorization : undefined);
  const terms = {
    origin: new URL(api.base).origin,
    prefix: prefixPath(api.base),
    query: openapi?.query ?? new Map<string, string>(),
    cookies: openapi?.cookies ?? new Map<string, string>(),
  };
  const open = openApiChannel({ server: server.name, api, terms, client, maxMessageBytes, released: release });
  return { open, release };
}
