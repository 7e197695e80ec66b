/** A server that wants a sign-in: what this caller can do about that. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { ServerDefinition, Snapshot } from '../config/snapshot.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Tenant } from '../upstream/contract.ts';
import type { OAuthClient, SignInWay } from '../upstream/oauth/oauth-client.ts';
import { readChallengeFacts } from '../upstream/oauth/www-authenticate.ts';
import { credentialOwner, hasOwnCredentials } from '../upstream/pool/sharing.ts';

/** Milliseconds that a call waits for a person: clients give up on calls that take longer. */
const WAIT_MS = 50_000;

/** A link that the user of a caller may open. */
export interface SignInLink {
  readonly id: string;
  readonly url: string;
  /** Host of the authorization server. */
  readonly where: string;
  /** The purpose of the sign-in, as a sentence. */
  readonly text: string;
}

interface SignInPromptsOptions {
  readonly oauth: Pick<OAuthClient, 'signIn' | 'finish'>;
  /** False where the process ends soon, and nobody would be there when the browser comes back. */
  readonly lasts: boolean;
  /** True if the browsers of callers run on this machine. */
  readonly isLocal: boolean;
  /** The URL at which browsers reach the gateway, without a slash at the end. */
  readonly publicUrl: string | undefined;
  /** The beginning of ids and cookies: names the worker that knows them. */
  readonly tag?: string | undefined;
}

interface Entered {
  readonly url: string;
  readonly cookie: string;
  readonly isSecure: boolean;
}

export interface SignInSubject {
  readonly server: string;
  /** Host of the authorization server. */
  readonly where: string;
}

interface Ticket extends SignInLink {
  readonly server: string;
  readonly owner: string;
  /** Address at the authorization server. */
  readonly there: string;
  readonly isPublic: boolean;
  readonly done: Promise<void>;
  cookie: string | undefined;
}

/** The sign-ins that callers were told of. */
export class SignInPrompts {
  readonly #options: SignInPromptsOptions;
  readonly #tag: string;
  readonly #tickets = new Map<string, Ticket>();

  constructor(options: SignInPromptsOptions) {
    this.#options = options;
    this.#tag = options.tag ?? '';
  }

  /**
   * A link for this caller. Undefined where it may have none: a link to a credential that several principals share would let
   * any of them bind its own account to the calls of all.
   * @param required the AUTH_REQUIRED that says what the server wants.
   * @throws GatewayError SERVER_UNAVAILABLE saying why nobody can sign in.
   */
  async offer(
    snapshot: Snapshot,
    server: ServerDefinition,
    tenant: Tenant,
    required: GatewayError,
  ): Promise<SignInLink | undefined> {
    const way = this.#wayFor(snapshot, server, tenant);
    if (way === undefined) return undefined;
    const { oauth, publicUrl } = this.#options;
    const owner = credentialOwner(server.link, tenant.owner);
    const challenge = readChallengeFacts(required.data?.['challenge']);
    const { url: there, where, done } = await oauth.signIn(server, owner, way, challenge);
    const earlier = this.#find((ticket) => ticket.there === there && ticket.owner === tenant.owner);
    if (earlier !== undefined) return earlier;
    const id = this.#tag + randomUUID();
    const isPublic = way !== 'loopback';
    const ticket: Ticket = {
      id,
      url: isPublic ? `${publicUrl}/oauth/start?id=${id}` : there,
      where,
      text: `Sign in to "${server.name}" at ${where}, so that the gateway can use it for you.`,
      server: server.name,
      owner: tenant.owner,
      there,
      isPublic,
      done,
      cookie: undefined,
    };
    this.#tickets.set(id, ticket);
    const forget = (): boolean => this.#tickets.delete(id);
    // Whoever waits for it may ask a little later.
    done.then(() => setTimeout(forget, WAIT_MS).unref(), forget);
    return ticket;
  }

  /** Resolves with true once somebody signed in, with false when it takes too long. Never rejects. */
  settled(id: string, signal: CancelSignal): Promise<boolean> {
    const ticket = this.#tickets.get(id);
    // Over, or of another process: the call finds out.
    if (ticket === undefined || signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (signedIn: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', late);
        resolve(signedIn);
      };
      const late = (): void => end(false);
      const timer = setTimeout(late, WAIT_MS);
      signal.addEventListener('abort', late, { once: true });
      ticket.done.then(() => end(true), late);
    });
  }

  /** The subject of a link over the public address; undefined for none. */
  subjectOf(id: string): SignInSubject | undefined {
    const ticket = this.#tickets.get(id);
    return ticket?.isPublic === true ? ticket : undefined;
  }

  /** Lets its principal, and nobody else, go on to the authorization server. @param owner who it has proven to be */
  enter(id: string, owner: string): Entered | undefined {
    const ticket = this.#tickets.get(id);
    if (ticket?.isPublic !== true || ticket.owner !== owner) return undefined;
    ticket.cookie = this.#tag + randomBytes(32).toString('base64url');
    const isSecure = this.#options.publicUrl?.startsWith('https:') === true;
    return { url: ticket.there, cookie: ticket.cookie, isSecure };
  }

  /**
   * The answer of an authorization server at the public address.
   * @param cookie of the browser; it must be the one that entered.
   * @throws as `OAuthClient.finish`
   */
  async finish(answer: URLSearchParams, cookie: string | undefined): Promise<string> {
    const { oauth, publicUrl } = this.#options;
    const state = answer.get('state');
    const ticket = this.#find(({ there, isPublic }) => isPublic && new URL(there).searchParams.get('state') === state);
    if (ticket?.cookie !== undefined && ticket.cookie === cookie) {
      return oauth.finish(answer, `${publicUrl}/oauth/callback`);
    }
    throw new GatewayError(
      'AUTH_REQUIRED',
      'This browser did not begin this sign-in, or it is over. Make the call again, and open its link in one browser.',
    );
  }

  #wayFor(snapshot: Snapshot, server: ServerDefinition, tenant: Tenant): SignInWay | undefined {
    const { lasts, isLocal, publicUrl } = this.#options;
    const isOnly = tenant.sole || snapshot.principals === undefined;
    if (!lasts) return undefined;
    if (tenant.sole) return 'loopback';
    if (!isOnly && !hasOwnCredentials(server.link)) return undefined;
    if (publicUrl !== undefined) return { redirectUri: `${publicUrl}/oauth/callback` };
    return isOnly && isLocal ? 'loopback' : undefined;
  }

  #find(test: (ticket: Ticket) => boolean): Ticket | undefined {
    return [...this.#tickets.values()].find(test);
  }
}

/**
 * AUTH_REQUIRED for an agent: what to tell its user.
 * @param offer undefined where only the owner can sign in.
 * @param principal who calls
 */
export function signInError(
  { name: server, link }: ServerDefinition,
  why: string,
  offer: SignInLink | undefined,
  principal: string,
): GatewayError {
  const whose = hasOwnCredentials(link) ? ` --principal ${principal}` : '';
  const advice =
    offer === undefined
      ? `Tell the user that the owner of the gateway has to run on its machine: agent-mcp-gateway auth login ${server}${whose}`
      : `Tell the user to open this link in a browser and to sign in at ${offer.where}, then make the call again: ${offer.url}`;
  return new GatewayError('AUTH_REQUIRED', `Server "${server}" needs a sign-in: ${why}. ${advice}`);
}
