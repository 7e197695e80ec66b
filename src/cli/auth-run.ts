/** Runs the commands about sign-ins. */

import process from 'node:process';
import { createInterface } from 'node:readline';
import { didYouMean } from '../catalog/name-suggestions.ts';
import { hasAuthorization, isForItself } from '../config/oauth-entry.ts';
import { quote } from '../config/quote-name.ts';
import { runtimeDir, type Settings } from '../config/settings.ts';
import type { ServerDefinition, Snapshot } from '../config/snapshot.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { STDIO_PROOF, tokenProof } from '../identity/proof.ts';
import { NOTHING_OFFERED } from '../relay/offered-capabilities.ts';
import { GatewayError } from '../shared/errors.ts';
import { isUrl } from '../shared/parse-url.ts';
import type { SignInReport } from '../ui/api.ts';
import type { SignIn } from '../upstream/oauth/authorization-flow.ts';
import { nothingToSignInTo } from '../upstream/oauth/oauth-client.ts';
import type { StoredSignIn } from '../upstream/oauth/stored-sign-ins.ts';
import { type Challenge, readChallengeFacts } from '../upstream/oauth/www-authenticate.ts';
import { hasOwnCredentials } from '../upstream/pool/sharing.ts';
import type { AuthFlags } from './auth.ts';
import { openBrowser } from './browser.ts';
import { askRunning } from './control-client.ts';
import { closeOnInterruption } from './interruption.ts';
import { print, printJson, say } from './output.ts';
import { table } from './table.ts';

/** Milliseconds for the server to say what it wants. */
const PROBE_MS = 20_000;

export async function login(settings: Settings, name: string, flags: AuthFlags): Promise<void> {
  await withGateway(settings, async (gateway) => {
    const needed = await signInNeeded(gateway, name, flags.principal);
    if (needed === undefined)
      return print(`Server ${quote(name)} takes the client of its entry; nobody has to sign in.`);
    await (flags.device === true ? withCode(gateway, needed) : withBrowser(gateway, needed, flags));
    await tellGateways(settings, name);
    print(`Signed in to ${quote(name)}.`);
  });
}

async function withBrowser(gateway: Gateway, needed: NeededSignIn, { browser }: AuthFlags): Promise<void> {
  const { url, where, done } = await beginAt(gateway, needed);
  say(`Open this link in a browser and sign in at ${where}:`, '', `  ${url}`, '');
  if (browser !== false) openBrowser(url);
  const stop = takePastedAnswers(gateway);
  await done.finally(stop);
}

async function withCode({ oauth }: Gateway, { server, owner, challenge }: NeededSignIn): Promise<void> {
  const { page, code, wholePage, where, done } = await oauth.signInByCode(server, owner, challenge);
  say(`Open this page on any device, sign in at ${where}, and enter the code:`, '', `  ${page}`, `  ${code}`, '');
  if (wholePage !== undefined) say(`Or open it with the code: ${wholePage}`, '');
  await done;
}

/** A sign-in that somebody has to make: to which server, in whose name. */
interface NeededSignIn {
  readonly server: ServerDefinition;
  readonly owner: string;
  /** The challenge with which the server refused. */
  readonly challenge: Challenge | undefined;
}

function beginAt({ oauth }: Gateway, { server, owner, challenge }: NeededSignIn): Promise<SignIn> {
  return oauth.signIn(server, owner, 'loopback', challenge);
}

/**
 * A sign-in that waits for a person on this machine; undefined where the server takes the client of its entry.
 * @throws GatewayError USAGE, CONFIG_INVALID, SERVER_UNAVAILABLE
 */
export async function beginSignIn(gateway: Gateway, name: string, principal?: string): Promise<SignIn | undefined> {
  const needed = await signInNeeded(gateway, name, principal);
  return needed === undefined ? undefined : beginAt(gateway, needed);
}

async function signInNeeded(gateway: Gateway, name: string, principal?: string): Promise<NeededSignIn | undefined> {
  const server = serverNamed(gateway.snapshot(), name);
  const owner = credentialOwnerOf(gateway.snapshot(), server, principal);
  if (gateway.oauth.authorization(server, owner) === undefined) throw nothingToSignInTo(server);
  const required = await probe(gateway, server, owner);
  const { link } = server;
  const isClient = link.transport !== 'stdio' && isForItself(link.oauth);
  if (required === undefined && isClient) return undefined;
  return { server, owner, challenge: readChallengeFacts(required?.data?.['challenge']) };
}

/** Gateways that run already offer its tools then. */
export async function tellGateways(settings: Settings, server: string): Promise<void> {
  await askRunning(runtimeDir(settings), { do: 'warm', server }).catch(() => undefined);
}

/** The answer of the server to a request without a new sign-in; undefined where it works as it is. */
async function probe(gateway: Gateway, server: ServerDefinition, owner: string): Promise<GatewayError | undefined> {
  const tenant = { owner, agent: '', session: undefined, sole: true, ...NOTHING_OFFERED };
  try {
    await gateway.parts.upstreams.lease(server, { timeoutMs: PROBE_MS, tenant });
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'AUTH_REQUIRED') return error;
    throw error;
  }
}

/** Takes the last address of a browser on another machine, one a line. @returns ends that. */
function takePastedAnswers({ oauth }: Gateway): () => void {
  const lines = createInterface({ input: process.stdin });
  if (process.stdin.isTTY) say('Is the browser on another machine? Then paste the address where it ends:');
  lines.on('line', (line) => {
    const address = line.trim();
    if (address === '') return;
    if (!isUrl(address)) return say('That is no address: copy it from the address bar of the browser, all of it.');
    // The result is told by whoever waits for the sign-in.
    oauth.finish(new URL(address).searchParams).catch((error: unknown) => {
      if (error instanceof GatewayError) say(error.message);
    });
  });
  return () => {
    lines.close();
    process.stdin.unref?.();
  };
}

export async function status(settings: Settings, flags: AuthFlags): Promise<void> {
  await withGateway(settings, async (gateway) => {
    const rows = await signIns(gateway);
    if (flags.json === true) return printJson(rows);
    const lines = rows.map(({ server, state, principal = '', issuer = '', scopes = [], expires_at: expires = '' }) => [
      server,
      state,
      principal,
      issuer,
      scopes.join(' '),
      expires,
    ]);
    for (const line of table([['server', 'state', 'principal', 'issuer', 'scopes', 'expires'], ...lines])) print(line);
  });
}

/** The sign-ins to all servers that have one or may need one. @throws GatewayError CREDENTIALS_UNREADABLE */
export async function signIns(gateway: Gateway): Promise<readonly SignInReport[]> {
  const snapshot = gateway.snapshot();
  const found = await gateway.oauth.stored(snapshot.servers.values());
  return [...snapshot.servers.values()].flatMap((server) => reports(snapshot, server, found));
}

function reports(snapshot: Snapshot, server: ServerDefinition, all: readonly StoredSignIn[]): SignInReport[] {
  const { name, link } = server;
  if (link.transport === 'stdio') return [];
  if (hasAuthorization(link.headers)) return [{ server: name, state: 'header' }];
  const credentials = link.credentials ?? 'gateway';
  const own = all.filter((stored) => stored.server === name);
  if (own.length === 0) return [{ server: name, state: 'none', credentials }];
  return own.map((stored) => ({
    server: name,
    state: stored.state === 'usable' ? 'signed-in' : stored.state,
    credentials,
    ...(stored.owner === '' ? {} : { principal: nameOf(snapshot, stored.owner) }),
    issuer: stored.issuer,
    ...(stored.clientId === undefined ? {} : { client_id: stored.clientId }),
    scopes: (stored.scopes ?? '').split(' ').filter((scope) => scope !== ''),
    ...(stored.expiresAt === undefined ? {} : { expires_at: new Date(stored.expiresAt).toISOString() }),
    renews: stored.renews,
  }));
}

export async function logout(settings: Settings, name: string, flags: AuthFlags): Promise<void> {
  await withGateway(settings, async (gateway) => {
    const server = serverNamed(gateway.snapshot(), name);
    const count = await gateway.oauth.signOut(server, credentialOwnerOf(gateway.snapshot(), server, flags.principal));
    print(count === 0 ? `Nobody was signed in to ${quote(name)}.` : `Signed out of ${quote(name)}.`);
  });
}

function serverNamed({ servers, broken, paths }: Snapshot, name: string): ServerDefinition {
  const off = broken.get(name);
  if (off !== undefined) throw new GatewayError('CONFIG_INVALID', `Server ${quote(name)} is off: ${off.reason}.`);
  const server = servers.get(name);
  if (server !== undefined) return server;
  const known = [...servers.keys()].map((each) => quote(each)).join(', ');
  const meant = didYouMean(name, [...servers.keys()]) || ` There are: ${known}.`;
  throw new GatewayError('USAGE', `There is no server ${quote(name)} in ${paths.servers}.${meant}`);
}

/** Owner of the credential: nobody's for those of the gateway, otherwise whoever connects over stdio or with a token. */
function credentialOwnerOf(snapshot: Snapshot, { name, link }: ServerDefinition, wanted: string | undefined): string {
  if (!hasOwnCredentials(link)) {
    if (wanted === undefined) return '';
    const what = `Server ${quote(name)} has credentials of the gateway: leave out --principal`;
    throw new GatewayError('USAGE', `${what}, or write "credentials": "per-principal" into its entry.`);
  }
  const definition = snapshot.principals?.get(wanted ?? '');
  if (wanted === undefined || definition?.stdio === true) return STDIO_PROOF.owner;
  if (definition?.tokenSha256 !== undefined) return tokenProof(definition).owner;
  const known = [...(snapshot.principals?.values() ?? [])].filter(({ jwt }) => jwt === undefined);
  const list = known.map((each) => quote(each.name)).join(', ');
  throw new GatewayError(
    'USAGE',
    `--principal takes one that connects over stdio or with a token: ${list || 'there is none'}.`,
  );
}

/** The name of the principal behind an owner; the owner itself where the rules have it no more. */
function nameOf({ principals }: Snapshot, owner: string): string {
  for (const definition of principals?.values() ?? []) {
    if (definition.stdio ? owner === STDIO_PROOF.owner : tokenProof(definition).owner === owner) return definition.name;
  }
  return owner;
}

/** Does something with a gateway that starts no server by itself. */
export async function withGateway(settings: Settings, action: (gateway: Gateway) => Promise<void>): Promise<void> {
  const gateway = await createGateway({ ...settings, initStrategy: 'lazy' }, { watch: false, quiet: true });
  const takeBack = closeOnInterruption(() => gateway.stop(0));
  try {
    await action(gateway);
  } finally {
    await gateway.stop(0);
    takeBack();
  }
}
