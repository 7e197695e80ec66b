/** Registers the gateway as a client of an authorization server (2026-07-28, basic/authorization/client-registration). */
import { type OAuthClientMetadata, RegistrationRejectedError, registerClient } from '@modelcontextprotocol/client';
import type { OAuthDefinition } from '../../config/oauth-definition.ts';
import { GatewayError } from '../../shared/errors.ts';
import { unavailable } from '../failures.ts';
import { CLIENT_NAME } from '../rpc/envelope.ts';
import { configuredClient, type RegisteredClient } from './credential.ts';
import type { Discovery } from './discovery.ts';
import { DEVICE_CODE } from './grants.ts';
import type { GuardedFetch } from './guarded-fetch.ts';
import { originOf } from './issuer.ts';

interface RegistrationOptions {
  readonly server: string;
  readonly oauth: OAuthDefinition | undefined;
  readonly discovery: Discovery;
  /** Undefined for a client that signs in with a code on another device. */
  readonly redirectUri: string | undefined;
  readonly scope: string | undefined;
  /** The client of the last sign-in with this issuer; not one that came to nothing. */
  readonly stored: RegisteredClient | undefined;
  readonly fetch: GuardedFetch;
}

/**
 * The client for a sign-in: of the entry, by its metadata document, or registered now.
 * @throws GatewayError SERVER_UNAVAILABLE saying what the owner has to do.
 */
export async function clientFor(options: RegistrationOptions): Promise<RegisteredClient> {
  const { server, oauth, discovery, redirectUri, stored } = options;
  const { metadata, issuer } = discovery;
  const configured = configuredClient(oauth);
  if (configured !== undefined) return configured;
  if (oauth?.clientMetadataUrl !== undefined && metadata?.client_id_metadata_document_supported === true) {
    return {
      id: oauth.clientMetadataUrl,
      secret: undefined,
      authMethod: oauth.tokenEndpointAuthMethod ?? 'none',
      known: 'document',
      redirectUri: undefined,
    };
  }
  if (stored?.known === 'registered' && stored.redirectUri === redirectUri) return stored;
  if (metadata === undefined || metadata.registration_endpoint !== undefined) return register(options);
  throw unavailable(
    server,
    `belongs to the authorization server ${originOf(issuer)}, which registers no clients by itself: register one there ${redirectUri === undefined ? 'for the device flow' : `with the redirect address ${redirectUri}`}, and put its "clientId" (and "redirectPort") into "oauth" of the entry.`,
  );
}

async function register(options: RegistrationOptions): Promise<RegisteredClient> {
  const { server, discovery, redirectUri, scope, fetch } = options;
  const { authorizationServer, metadata } = discovery;
  try {
    const clientMetadata = metadataOf(redirectUri, discovery);
    const client = await registerClient(authorizationServer, {
      ...(metadata === undefined ? {} : { metadata }),
      ...(scope === undefined ? {} : { scope }),
      clientMetadata,
      fetchFn: async (...request) => withAddress(await fetch(...request), redirectUri),
    });
    return {
      id: client.client_id,
      secret: client.client_secret,
      authMethod: client.token_endpoint_auth_method,
      known: 'registered',
      redirectUri,
    };
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    if (metadata === undefined) {
      throw unavailable(
        server,
        'refuses requests without a credential and does not say where to sign in: put the header that it wants into its entry.',
      );
    }
    const where = `belongs to the authorization server ${originOf(authorizationServer)}, which`;
    if (!(error instanceof RegistrationRejectedError)) {
      const what = 'answered the registration of the gateway with something that is none';
      throw unavailable(server, `${where} ${what}: ${BY_HAND}.`);
    }
    const isAboutAddress = redirectUri !== undefined && /redirect/i.test(error.body);
    const also = isAboutAddress
      ? ` Where it does not take the address ${redirectUri}, try "redirectHost": "localhost" in "oauth".`
      : '';
    throw unavailable(server, `${where} refused to register the gateway (HTTP ${error.status}): ${BY_HAND}.${also}`);
  }
}

/** An answer that does not repeat the address that was registered means the one that was asked for. */
async function withAddress(response: Response, redirectUri: string | undefined): Promise<Response> {
  if (!response.ok) return response;
  const client: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  if (typeof client !== 'object' || client === null || 'redirect_uris' in client) return response;
  return Response.json(
    { ...client, redirect_uris: redirectUri === undefined ? [] : [redirectUri] },
    { status: response.status },
  );
}

const BY_HAND = 'register a client there, and put its "clientId" into "oauth" of the entry';

function metadataOf(redirectUri: string | undefined, { metadata }: Discovery): OAuthClientMetadata {
  const methods = metadata?.token_endpoint_auth_methods_supported;
  // A public client where that is possible: a secret would add nothing on the machine of a user (RFC 8252, section 8.5).
  const method =
    methods && ['none', 'client_secret_basic', 'client_secret_post'].find((name) => methods.includes(name));
  const way =
    redirectUri === undefined
      ? { redirect_uris: [], grant_types: [DEVICE_CODE, 'refresh_token'], response_types: [] }
      : {
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
        };
  return {
    client_name: CLIENT_NAME,
    ...way,
    application_type: redirectUri?.startsWith('https:') === true ? 'web' : 'native',
    ...(method === undefined ? {} : { token_endpoint_auth_method: method }),
  };
}
