/** The sharing of connections: the key under which the connections of one server are told apart. */
import type { ServerDefinition, Sharing } from '../../config/snapshot.ts';
import type { Era } from '../../protocol/revisions.ts';
import type { Tenant, Whose } from '../contract.ts';

/** The way a server speaks, as far as it is known; undefined before its first connection. */
export type KnownEra = Era | undefined;

/**
 * The sharing that the entry says; otherwise everybody together where the revision has no state (2026-07-28 over HTTP) or there is only
 * one principal, and each principal alone elsewhere: servers such as browsers keep state and do not say so.
 */
export function sharingOf({ life, link }: ServerDefinition, era: KnownEra, sole: boolean): Sharing {
  if (life?.sharing !== undefined) return life.sharing;
  if (hasOwnCredentials(link)) return 'per-principal';
  const stateless = link.transport !== 'stdio' && era === 'modern';
  return sole || stateless ? 'shared' : 'per-principal';
}

/**
 * The client capabilities that a connection offers: none where several principals share it and nothing ties what the server
 * asks to one of their calls.
 */
export function offeredOn(server: ServerDefinition, era: KnownEra, tenant: Tenant): string {
  const isTied = server.link.transport === 'http' || era === 'modern' || tenant.sole;
  return isTied || sharingOf(server, era, tenant.sole) !== 'shared' ? tenant.capabilities : '{}';
}

/**
 * Equal for those who may use one connection together. What a client can do is part of it where the server is told at
 * `initialize` and never again (2025 revisions).
 */
export function scopeOf(server: ServerDefinition, era: KnownEra, tenant: Tenant): string {
  const sharing = sharingOf(server, era, tenant.sole);
  // JSON text has no raw line break, so that nothing in a name can be taken for another part.
  const offered = `${sharing}\n${era === 'modern' ? '' : offeredOn(server, era, tenant)}`;
  if (sharing === 'shared') return offered;
  return `${offered}\n${sharing === 'per-session' ? partyOf(tenant) : tenant.owner}`;
}

/** The scope of one more connection for the same callers. */
export function nextScope(scope: string): string {
  return `${scope}\n+`;
}

/** True if a scope is this one, or that of one more connection. */
export function isWithin(scope: string, first: string): boolean {
  return scope === first || scope.startsWith(nextScope(first));
}

/** The callers that have a connection of this sharing for themselves; undefined where that is an agent without a session. */
export function whoseOf(sharing: Sharing, { owner, session, capabilities }: Tenant): Whose | undefined {
  if (sharing !== 'per-session') return { owner, session: undefined, capabilities };
  return session === undefined ? undefined : { owner, session, capabilities };
}

/** True if what a server answers may depend on what its caller did before: it has a connection for each session, or call. */
export function dependsOnCaller({ life }: ServerDefinition): boolean {
  return life?.sharing === 'per-session' || life?.sharing === 'per-call';
}

/** True if a connection carries the credentials of one principal, so that nobody else may use it. */
export function hasOwnCredentials(link: ServerDefinition['link']): boolean {
  return link.transport !== 'stdio' && link.credentials === 'per-principal';
}

/** The owner of the credentials that the calls of a principal carry; `''` for the gateway. */
export function credentialOwner(link: ServerDefinition['link'], owner: string): string {
  return hasOwnCredentials(link) ? owner : '';
}

/** True if a caller can be told from others: those of 2026-07-28 over HTTP have no session, and one principal may be many. */
export function isKnown({ session, sole }: Tenant): boolean {
  return session !== undefined || sole;
}

/** Equal for the calls of one caller: without a session, those of one principal and agent are together. */
export function partyOf({ owner, agent, session }: Tenant): string {
  return JSON.stringify([owner, session ?? { agent }]);
}

const queues = new WeakMap<Tenant, string>();

/** Different for those who take turns where a server has a queue. */
export function queueOf(tenant: Tenant): string {
  let queue = queues.get(tenant);
  if (queue === undefined) {
    queue = `${tenant.owner}\n${tenant.agent}`;
    queues.set(tenant, queue);
  }
  return queue;
}
