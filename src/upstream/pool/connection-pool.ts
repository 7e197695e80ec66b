/** The connections of one server, live or not: whose they are, who gets which, and how many there may be. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Tenant } from '../contract.ts';
import { unavailable } from '../failures.ts';
import { createPooledConnection, isIdle, liveConnection, type PooledConnection } from './pooled-connection.ts';
import {
  credentialOwner,
  hasOwnCredentials,
  isWithin,
  type KnownEra,
  nextScope,
  offeredOn,
  scopeOf,
  sharingOf,
  whoseOf,
} from './sharing.ts';

export interface ConnectionPool {
  readonly all: ReadonlySet<PooledConnection>;
  /** The connection that a tenant has; of several the first. */
  of(tenant: Tenant): PooledConnection | undefined;
  /** All that it has. */
  allOf(tenant: Tenant): Iterable<PooledConnection>;
  /** Any that will do for a list: live, or being made. */
  any(tenant: Tenant | undefined): PooledConnection | undefined;
  /**
   * One for this tenant.
   * @param scope default its first one
   * @throws GatewayError RATE_LIMITED
   */
  take(tenant: Tenant, scope?: string): PooledConnection;
  /** One that belongs to nobody. @throws GatewayError RATE_LIMITED */
  unclaimed(): PooledConnection;
  /** One more. @throws GatewayError RATE_LIMITED */
  add(): PooledConnection;
  /**
   * Where each call has a connection of its own: one on which none runs, or, where there may be no more, the one on which the
   * fewest do.
   * @throws GatewayError RATE_LIMITED
   */
  free(tenant: Tenant): PooledConnection;
  /**
   * True where a connection is what its owner may use: what the server speaks may have turned out only now, and decides who
   * shares it. A connection that served nobody yet changes hands.
   */
  belongs(instance: PooledConnection, tenant: Tenant): boolean;
  end(instance: PooledConnection, why: GatewayError): void;
}

export interface ConnectionPoolOptions {
  readonly server: ServerDefinition;
  readonly max: number;
  /** What is known of how the server speaks. */
  readonly era: () => KnownEra;
  /** Capabilities of a connection that nobody asked for yet: JSON text. */
  readonly expected: () => string;
  /** Told of each that got an owner. */
  readonly claimed: (instance: PooledConnection) => void;
  /** Given what is still to be done for one that ended. */
  readonly track: (work: Promise<unknown>) => void;
}

export function createConnectionPool({
  server,
  max,
  era,
  expected,
  claimed,
  track,
}: ConnectionPoolOptions): ConnectionPool {
  const all = new Set<PooledConnection>();
  /** Those that belong to somebody, by scope. */
  const owned = new Map<string, PooledConnection>();
  /** The scope that was looked for last, and what it depends on. */
  let last: { readonly tenant: Tenant; readonly era: KnownEra; readonly scope: string } | undefined;

  const scopeFor = (tenant: Tenant): string => {
    const now = era();
    if (last?.tenant !== tenant || last.era !== now) last = { tenant, era: now, scope: scopeOf(server, now, tenant) };
    return last.scope;
  };

  const end = (instance: PooledConnection, why: GatewayError): void => {
    all.delete(instance);
    if (instance.scope !== undefined) owned.delete(instance.scope);
    instance.abandon.abort(why);
    if (instance.link !== undefined) track(instance.link.close());
    if (instance.connecting !== undefined) track(instance.connecting);
  };

  const add = (capabilities = expected(), principal = ''): PooledConnection => {
    if (all.size >= max) {
      const idle = [...all].filter(isIdle).sort((one, other) => one.usedAt - other.usedAt)[0];
      if (idle === undefined) {
        const what = `Server "${server.name}" has ${max} connections and all are in use: try again in a moment.`;
        throw new GatewayError('RATE_LIMITED', what, { data: { retryAfterMs: 1000 } });
      }
      end(idle, unavailable(server.name, 'gave its connection to another caller. Try again.'));
    }
    const instance = createPooledConnection(capabilities, principal);
    all.add(instance);
    return instance;
  };

  const claim = (instance: PooledConnection, scope: string, tenant: Tenant): void => {
    if (instance.scope !== undefined) owned.delete(instance.scope);
    owned.set(scope, instance);
    instance.scope = scope;
    instance.sharing = sharingOf(server, era(), tenant.sole);
    instance.exclusive = tenant.sole || instance.sharing !== 'shared';
    instance.whose = instance.exclusive ? whoseOf(instance.sharing, tenant) : undefined;
    claimed(instance);
  };

  const take = (tenant: Tenant, scope = scopeFor(tenant)): PooledConnection => {
    const own = owned.get(scope);
    if (own !== undefined) return own;
    const offered = offeredOn(server, era(), tenant);
    const principal = credentialOwner(server.link, tenant.principal);
    const spare = [...all].find((instance) => instance.scope === undefined && instance.principal === principal);
    if (spare !== undefined) {
      if (spare.capabilities === offered || era() === 'modern') {
        claim(spare, scope, tenant);
        return spare;
      }
      // It offers what this caller cannot do, or the other way round.
      if (isIdle(spare)) end(spare, unavailable(server.name, 'was replaced. Try again.'));
    }
    const made = add(offered, principal);
    claim(made, scope, tenant);
    return made;
  };

  return {
    all,
    end,
    add: () => add(),
    of: (tenant) => owned.get(scopeFor(tenant)),
    *allOf(tenant) {
      const first = scopeFor(tenant);
      for (const [scope, instance] of owned) if (isWithin(scope, first)) yield instance;
    },
    any(tenant) {
      const isOwn = hasOwnCredentials(server.link);
      const some = [...all].filter(({ principal }) => !isOwn || principal === tenant?.principal);
      return (
        some.find((instance) => liveConnection(instance) !== undefined) ??
        some.find((one) => one.connecting !== undefined)
      );
    },
    take,
    unclaimed: () => [...all].find(({ scope }) => scope === undefined) ?? add(),
    free(tenant) {
      let least: PooledConnection | undefined;
      for (let scope = scopeFor(tenant); ; scope = nextScope(scope)) {
        const instance = owned.get(scope);
        if (instance === undefined) {
          const hasRoom = all.size < max || [...all].some(isIdle);
          return hasRoom || least === undefined ? take(tenant, scope) : least;
        }
        if (instance.running === 0 && instance.link?.isBusy !== true) return instance;
        if (least === undefined || instance.running < least.running) least = instance;
      }
    },
    belongs(instance, tenant) {
      const scope = scopeFor(tenant);
      if (instance.scope !== undefined && isWithin(instance.scope, scope)) return true;
      if (instance.served || owned.has(scope)) {
        if (isIdle(instance) && !instance.served) end(instance, unavailable(server.name, 'was not needed. Try again.'));
        return false;
      }
      claim(instance, scope, tenant);
      return true;
    },
  };
}
