/** Signing in with a code on another device (RFC 8628): nothing has to come back to this machine. */

import { GatewayError } from '../../shared/errors.ts';
import { isUrl, parseUrl } from '../../shared/parse-url.ts';
import { unavailable } from '../failures.ts';
import { checkedPage, registeredClient, scopeOf, storedClient } from './authorization-request.ts';
import { authenticate } from './client-authentication.ts';
import type { RegisteredClient, Tokens } from './credential.ts';
import type { Discovery } from './discovery.ts';
import { type GrantContext, isPassing, RefusedGrant, redeemDeviceCode } from './grants.ts';
import { originOf } from './issuer.ts';
import { ProofSession } from './proof-session.ts';
import type { TokenManager } from './token-manager.ts';

/** Seconds between two questions, where the authorization server says nothing (section 3.2); and how many more each time that it is too often. */
const INTERVAL_S = 5;
const SLOWER_S = 5;
const SHORTEST_S = 1;
/** Seconds that a person has, at most. */
const MAX_EXPIRY_S = 1800;
/** A code that a person can read and type. */
const CODE = /^[!-~](?:[ -~]{0,38}[!-~])?$/;

/** A sign-in that waits for a person. */
export interface DeviceSignIn {
  /** The page that the person opens, on any device. */
  readonly page: string;
  /** The code to enter there. */
  readonly code: string;
  /** The same page with the code in it, where there is one. */
  readonly wholePage: string | undefined;
  /** Host of the authorization server. */
  readonly where: string;
  /** Resolves when the token is there. @throws GatewayError AUTH_REQUIRED, SERVER_UNAVAILABLE */
  readonly done: Promise<void>;
}

interface DeviceOptions {
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => Promise<unknown>;
  /** Milliseconds since 1970, or any other beginning. */
  readonly now: () => number;
}

interface DeviceAnswer {
  readonly deviceCode: string;
  readonly code: string;
  readonly page: string;
  readonly wholePage: string | undefined;
  readonly expiresS: number;
  readonly intervalS: number;
}

/** Begins one. @throws GatewayError SERVER_UNAVAILABLE saying why that is not possible. */
export async function beginDeviceSignIn(manager: TokenManager, options: DeviceOptions): Promise<DeviceSignIn> {
  const { server, resolver, credential } = manager;
  const discovery = await resolver.resolve();
  const { issuer, indicator } = discovery;
  const endpoint = endpointOf(server, discovery);
  await resolver.checkPlaces(discovery, [endpoint]);
  const stored = await storedClient(manager, discovery);
  const scope = scopeOf(manager, discovery);
  const client = await registeredClient(manager, { discovery, redirectUri: undefined, scope, stored });
  const proof = discovery.isBound ? await ProofSession.begin() : undefined;
  const context = resolver.grantContext(discovery, client, proof);
  const answer = await ask(context, client, endpoint, scope);
  await resolver.checkPlaces(discovery, [answer.page, answer.wholePage ?? answer.page]);
  const finish = async (): Promise<void> => {
    const tokens = await poll(context, answer, scope, options);
    await credential.save(issuer, { indicator, client, asked: scope, tokens });
  };
  const done = finish();
  // Nobody may be waiting for it yet.
  done.catch(() => undefined);
  const { page, code, wholePage } = answer;
  return { page, code, wholePage, where: new URL(issuer).host, done };
}

function endpointOf(server: string, { issuer, metadata }: Discovery): string {
  const described: Readonly<Record<string, unknown>> = metadata ?? {};
  const endpoint = described['device_authorization_endpoint'];
  if (typeof endpoint === 'string' && isUrl(endpoint)) return endpoint;
  throw unavailable(
    server,
    `belongs to the authorization server ${originOf(issuer)}, which has no sign-in with a code: sign in without --device.`,
  );
}

/** Section 3.1; the resource as in every other request (RFC 8707). */
async function ask(
  context: GrantContext,
  client: RegisteredClient,
  endpoint: string,
  scope: string | undefined,
): Promise<DeviceAnswer> {
  const { server, discovery, fetch } = context;
  const headers = new Headers({ 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' });
  const params = new URLSearchParams({ resource: discovery.indicator, ...(scope === undefined ? {} : { scope }) });
  await authenticate(context, client, { headers, params, url: endpoint });
  const response = await fetch(endpoint, { method: 'POST', headers, body: params });
  const said: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
  const answer = readAnswer(server, said);
  if (answer !== undefined) return answer;
  const why = response.ok ? 'in a way that cannot be used' : `with HTTP ${response.status}`;
  throw unavailable(
    server,
    `has an authorization server, ${originOf(discovery.issuer)}, that answered the request for a code ${why}.`,
  );
}

/** Section 3.2. */
function readAnswer(server: string, value: unknown): DeviceAnswer | undefined {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const text = (name: string): string | undefined => {
    const found = fields[name];
    return typeof found === 'string' && found !== '' ? found : undefined;
  };
  const seconds = (name: string, most: number): number | undefined => {
    const found = fields[name];
    return typeof found === 'number' && found > 0 ? Math.min(found, most) : undefined;
  };
  const [deviceCode, code] = [text('device_code'), text('user_code')];
  if (deviceCode === undefined || code === undefined || !CODE.test(code)) return undefined;
  const page = parseUrl(text('verification_uri') ?? '');
  if (page === undefined) return undefined;
  const wholePage = parseUrl(text('verification_uri_complete') ?? '');
  return {
    deviceCode,
    code,
    page: checkedPage(server, page),
    wholePage: wholePage && checkedPage(server, wholePage),
    expiresS: seconds('expires_in', MAX_EXPIRY_S) ?? MAX_EXPIRY_S,
    intervalS: Math.max(SHORTEST_S, seconds('interval', MAX_EXPIRY_S) ?? INTERVAL_S),
  };
}

/** Sections 3.4 and 3.5. */
async function poll(
  context: GrantContext,
  { deviceCode, expiresS, intervalS }: DeviceAnswer,
  scope: string | undefined,
  { pause, now }: DeviceOptions,
): Promise<Tokens> {
  const end = now() + expiresS * 1000;
  let interval = intervalS;
  while (now() + interval * 1000 <= end) {
    await pause(interval * 1000);
    const outcome = await redeemDeviceCode(context, deviceCode, scope).catch((error: unknown) =>
      refused(context, error),
    );
    if (typeof outcome === 'object') return outcome;
    if (outcome === 'slow_down') interval += SLOWER_S;
  }
  throw new GatewayError('AUTH_REQUIRED', `Nobody signed in to "${context.server}" in time. Ask for a new code.`);
}

/** Whoever signs in meanwhile is not lost with one answer of a server in trouble (section 3.5). */
function refused({ server }: GrantContext, error: unknown): 'slow_down' {
  if (isPassing(error)) return 'slow_down';
  if (!(error instanceof RefusedGrant)) throw error;
  throw new GatewayError('AUTH_REQUIRED', `The authorization server of "${server}" signed nobody in${error.said}.`);
}
