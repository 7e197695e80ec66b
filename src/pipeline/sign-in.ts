/** A server that wants a sign-in: what this caller can do about that. */
import type { ServerDefinition, Snapshot } from '../config/types.ts';
import { readChallengeFacts } from '../downstream/oauth/challenge.ts';
import type { OAuth, Way } from '../downstream/oauth/oauth.ts';
import { credentialOwner } from '../downstream/sharing.ts';
import type { Tenant } from '../downstream/types.ts';
import { GatewayError } from '../shared/errors.ts';

/** A link that the user of a caller may open. */
export interface Offer {
  readonly url: string;
  /** What the user signs in for, as a sentence. */
  readonly text: string;
  /** Resolves when the token is there; rejects when it will not come. */
  readonly done: Promise<void>;
}

export interface DeskOptions {
  readonly oauth: OAuth;
  /** Whether the browsers of callers run on this machine. */
  readonly isLocal: boolean;
}

export interface Desk {
  /**
   * A link for this caller. Undefined where it may have none: a link to a credential that several principals share would let
   * any of them bind its own account to the calls of all.
   * @param required the AUTH_REQUIRED that says what the server wants.
   * @throws GatewayError SERVER_UNAVAILABLE saying why nobody can sign in.
   */
  offer(
    snapshot: Snapshot,
    server: ServerDefinition,
    tenant: Tenant,
    required: GatewayError,
  ): Promise<Offer | undefined>;
}

export function createDesk({ oauth, isLocal }: DeskOptions): Desk {
  const wayFor = (snapshot: Snapshot, tenant: Tenant): Way | undefined =>
    tenant.sole || (isLocal && snapshot.principals === undefined) ? 'loopback' : undefined;

  return {
    async offer(snapshot, server, tenant, required) {
      const way = wayFor(snapshot, tenant);
      if (way === undefined) return undefined;
      const principal = credentialOwner(server.link, tenant.principal);
      const challenge = readChallengeFacts(required.data?.['challenge']);
      const { url, done } = await oauth.signIn(server, principal, way, challenge);
      return { url, done, text: `Sign in to "${server.name}", so that the gateway can use it for you.` };
    },
  };
}

/** AUTH_REQUIRED for an agent: what to tell its user. @param offer undefined where only the owner can sign in */
export function signInError(server: string, why: string, offer: Offer | undefined): GatewayError {
  const advice =
    offer === undefined
      ? `Tell the user that the owner of the gateway has to run on its machine: agent-mcp-gateway auth login ${server}`
      : `Tell the user to open this link in a browser on this machine and to sign in, then make the call again: ${offer.url}`;
  const data = { server, ...(offer === undefined ? {} : { url: offer.url }) };
  return new GatewayError('AUTH_REQUIRED', `Server "${server}" needs a sign-in: ${why}. ${advice}`, { data });
}
