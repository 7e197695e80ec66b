/** The stored outcome of one sign-in. */
import type { OAuthDefinition } from '../../config/oauth-definition.ts';

export interface Credential {
  /** The name of the MCP server for the authorization server (RFC 8707). */
  readonly indicator: string;
  readonly client: RegisteredClient | undefined;
  /** Scopes that were asked for at the last sign-in, separated by spaces. */
  readonly asked: string | undefined;
  readonly tokens: Tokens | undefined;
}

/** The gateway as an authorization server knows it. */
export interface RegisteredClient {
  readonly id: string;
  readonly secret: string | undefined;
  readonly authMethod: string | undefined;
  /** In the entry, by the address of a document, or by registering. */
  readonly known: 'configured' | 'document' | 'registered';
  /** The redirect address that it registered. */
  readonly redirectUri: string | undefined;
  /** True where a sign-in has begun with it again and not ended: the authorization server may have forgotten it. */
  readonly isDoubtful?: boolean | undefined;
}

export interface Tokens {
  readonly access: string;
  readonly refresh: string | undefined;
  /** As the authorization server says; undefined where it says nothing. */
  readonly scope: string | undefined;
  /** Milliseconds since 1970 by the clock of this machine. */
  readonly obtainedAt: number;
  /** The same; undefined where the authorization server does not say. */
  readonly expiresAt: number | undefined;
  /** The key that they are bound to (RFC 9449); undefined for bearer tokens. */
  readonly proofKey?: ProofKey | undefined;
}

/** A private key of elliptic curves (RFC 7518, section 6.2). */
export interface ProofKey {
  readonly kty: 'EC';
  readonly crv: string;
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

/** The client that an entry names; undefined for none. */
export function configuredClient(oauth: OAuthDefinition | undefined): RegisteredClient | undefined {
  if (oauth?.clientId === undefined) return undefined;
  const { clientId: id, clientSecret: secret, tokenEndpointAuthMethod: authMethod } = oauth;
  return { id, secret, authMethod, known: 'configured', redirectUri: undefined };
}

type Fields = Readonly<Record<string, unknown>>;

/** A stored value; undefined for nothing, or for what another version of the gateway may have written. */
export function readCredential(value: unknown): Credential | undefined {
  const stored = fields(value);
  const indicator = text(stored?.['indicator']);
  if (indicator === undefined) return undefined;
  return {
    indicator,
    client: readClient(stored?.['client']),
    asked: text(stored?.['asked']),
    tokens: readTokens(stored?.['tokens']),
  };
}

function readClient(value: unknown): RegisteredClient | undefined {
  const stored = fields(value);
  const id = text(stored?.['id']);
  const kind = KINDS.find((one) => one === stored?.['known']);
  if (id === undefined || kind === undefined) return undefined;
  return {
    id,
    known: kind,
    secret: text(stored?.['secret']),
    authMethod: text(stored?.['authMethod']),
    redirectUri: text(stored?.['redirectUri']),
    ...(stored?.['isDoubtful'] === true ? { isDoubtful: true } : {}),
  };
}

const KINDS = ['configured', 'document', 'registered'] as const;

function readTokens(value: unknown): Tokens | undefined {
  const stored = fields(value);
  const access = text(stored?.['access']);
  if (access === undefined) return undefined;
  const proofKey = readProofKey(stored?.['proofKey']);
  return {
    access,
    refresh: text(stored?.['refresh']),
    scope: text(stored?.['scope']),
    obtainedAt: count(stored?.['obtainedAt']) ?? 0,
    expiresAt: count(stored?.['expiresAt']),
    ...(proofKey === undefined ? {} : { proofKey }),
  };
}

function readProofKey(value: unknown): ProofKey | undefined {
  const stored = fields(value);
  const [crv, x, y, d] = ['crv', 'x', 'y', 'd'].map((name) => text(stored?.[name]));
  if (crv === undefined || x === undefined || y === undefined || d === undefined) return undefined;
  return { kty: 'EC', crv, x, y, d };
}

/** The values that must not be written anywhere. */
export function credentialSecrets({ client, tokens }: Credential): string[] {
  return [client?.secret, tokens?.access, tokens?.refresh, tokens?.proofKey?.d].filter((value) => value !== undefined);
}

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
