/** The connections of one server, live or not: whose they are, who gets which, and how many there may be. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Tenant } from '../contract.ts';
import { unavailable } from '../failures.ts';
import type { PoolContext } from './pool-context.ts';
import { PooledConnection } from './pooled-connection.ts';
import { OWNED_IDLE_MS, type ServerLimits } from './server-limits.ts';
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

interface ConnectionPoolOptions {
  readonly server: ServerDefinition;
  readonly limits: Pick<ServerLimits, 'idleMs' | 'maxConnections'>;
  readonly context: Pick<PoolContext, 'log' | 'expectedCapabilities' | 'track'>;
  /** The way the server speaks, as far as it is known. */
  readonly era: () => KnownEra;
}

export class ConnectionPool {
  readonly #server: ServerDefinition;
  readonly #limits: ConnectionPoolOptions['limits'];
  readonly #context: ConnectionPoolOptions['context'];
  readonly #era: () => KnownEra;
  readonly #all = new Set<PooledConnection>();
  /** Those that belong to somebody, by scope. */
  readonly #byScope = new Map<string, PooledConnection>();
  /** The scope that was looked for last, and what it depends on. */
  #lastScope: { readonly tenant: Tenant; readonly era: KnownEra; readonly scope: string } | undefined;

  constructor({ server, limits, context, era }: ConnectionPoolOptions) {
    this.#server = server;
    this.#limits = limits;
    this.#context = context;
    this.#era = era;
  }

  get all(): ReadonlySet<PooledConnection> {
    return this.#all;
  }

  has(pooled: PooledConnection): boolean {
    return this.#all.has(pooled);
  }

  /** The connection that a tenant has; of several the first. */
  of(tenant: Tenant): PooledConnection | undefined {
    return this.#byScope.get(this.#scopeOf(tenant));
  }

  /** All that it has. */
  *allOf(tenant: Tenant): Iterable<PooledConnection> {
    const first = this.#scopeOf(tenant);
    for (const [scope, pooled] of this.#byScope) if (isWithin(scope, first)) yield pooled;
  }

  /** Any that will do for a list: live, or being made. */
  any(tenant: Tenant | undefined): PooledConnection | undefined {
    const isOwn = hasOwnCredentials(this.#server.link);
    const usable = [...this.#all].filter((pooled) => !isOwn || pooled.credentialOwner === tenant?.owner);
    return usable.find(({ live }) => live !== undefined) ?? usable.find(({ connecting }) => connecting !== undefined);
  }

  /**
   * One for this tenant.
   * @param scope default its first one
   * @throws GatewayError RATE_LIMITED
   */
  take(tenant: Tenant, scope: string = this.#scopeOf(tenant)): PooledConnection {
    const own = this.#byScope.get(scope);
    if (own !== undefined) return own;
    const capabilities = offeredOn(this.#server, this.#era(), tenant);
    const owner = credentialOwner(this.#server.link, tenant.owner);
    const pooled = this.#takeSpare(capabilities, owner) ?? this.#add(capabilities, owner);
    this.#claim(pooled, scope, tenant);
    return pooled;
  }

  /** One that belongs to nobody. @throws GatewayError RATE_LIMITED */
  takeUnclaimed(): PooledConnection {
    return [...this.#all].find(({ scope }) => scope === undefined) ?? this.add();
  }

  /**
   * The connection of a call that has one of its own: one on which none runs, or, where there may be no more, the one on which the
   * fewest do.
   * @throws GatewayError RATE_LIMITED
   */
  takeFree(tenant: Tenant): PooledConnection {
    let least: PooledConnection | undefined;
    for (let scope = this.#scopeOf(tenant); ; scope = nextScope(scope)) {
      const pooled = this.#byScope.get(scope);
      if (pooled === undefined) return this.#hasRoom() || least === undefined ? this.take(tenant, scope) : least;
      if (pooled.isFree) return pooled;
      if (least === undefined || pooled.soleCalls < least.soleCalls) least = pooled;
    }
  }

  /** One more. @throws GatewayError RATE_LIMITED */
  add(): PooledConnection {
    return this.#add(this.#context.expectedCapabilities(), '');
  }

  /**
   * True where a connection is one that the tenant may use: what the server speaks may have turned out only now, and decides who
   * shares it. A connection that served nobody yet changes hands.
   */
  belongsTo(pooled: PooledConnection, tenant: Tenant): boolean {
    const scope = this.#scopeOf(tenant);
    if (pooled.scope !== undefined && isWithin(pooled.scope, scope)) return true;
    if (pooled.hasServed || this.#byScope.has(scope)) {
      if (pooled.isIdle && !pooled.hasServed) this.end(pooled, this.#unavailable('was not needed. Try again.'));
      return false;
    }
    this.#claim(pooled, scope, tenant);
    return true;
  }

  /** Gives a connection that was made for this tenant, and served nobody yet, the scope of what its server turned out to speak. */
  reclaim(pooled: PooledConnection, tenant: Tenant): void {
    const scope = this.#scopeOf(tenant);
    const isMine = pooled.scope === scopeOf(this.#server, undefined, tenant);
    if (isMine && !pooled.hasServed && !this.#byScope.has(scope)) this.#claim(pooled, scope, tenant);
  }

  /** Ends the connection where nobody uses it for as long as its entry, or its having an owner, allows. */
  watchIdle(pooled: PooledConnection): void {
    const hasOwner = pooled.sharing !== undefined && pooled.sharing !== 'shared';
    const limitMs = this.#limits.idleMs ?? (hasOwner ? OWNED_IDLE_MS : undefined);
    if (limitMs === undefined || pooled.connection === undefined) return;
    pooled.watchIdle(limitMs, () => {
      if (!this.has(pooled)) return;
      this.#context.log.info({ server: this.#server.name }, 'server stopped: it was not used');
      this.end(pooled, this.#unavailable('was stopped because nobody used it. Try again.'));
    });
  }

  end(pooled: PooledConnection, reason: GatewayError): void {
    this.#all.delete(pooled);
    if (pooled.scope !== undefined) this.#byScope.delete(pooled.scope);
    pooled.abandon.abort(reason);
    if (pooled.connection !== undefined) this.#context.track(pooled.connection.close());
    if (pooled.connecting !== undefined) this.#context.track(pooled.connecting);
  }

  endAll(reason: GatewayError): void {
    for (const pooled of this.#all) this.end(pooled, reason);
  }

  #scopeOf(tenant: Tenant): string {
    const era = this.#era();
    if (this.#lastScope?.tenant !== tenant || this.#lastScope.era !== era) {
      this.#lastScope = { tenant, era, scope: scopeOf(this.#server, era, tenant) };
    }
    return this.#lastScope.scope;
  }

  /** One that belongs to nobody yet and may serve such a caller. */
  #takeSpare(capabilities: string, owner: string): PooledConnection | undefined {
    const spare = [...this.#all].find((pooled) => pooled.scope === undefined && pooled.credentialOwner === owner);
    if (spare === undefined || spare.capabilities === capabilities || this.#era() === 'modern') return spare;
    // It offers what this caller cannot do, or the other way round.
    if (spare.isIdle) this.end(spare, this.#unavailable('was replaced. Try again.'));
    return undefined;
  }

  #add(capabilities: string, owner: string): PooledConnection {
    if (this.#isFull()) this.#evict();
    const pooled = new PooledConnection(capabilities, owner);
    this.#all.add(pooled);
    return pooled;
  }

  /** Makes room: ends the connection that was idle longest. */
  #evict(): void {
    const max = this.#limits.maxConnections;
    const idle = [...this.#all].filter(({ isIdle }) => isIdle).sort((one, other) => one.usedAt - other.usedAt)[0];
    if (idle === undefined) {
      const what = `Server "${this.#server.name}" has ${max} connections and all are in use: try again in a moment.`;
      throw new GatewayError('RATE_LIMITED', what, { data: { retryAfterMs: 1000 } });
    }
    this.end(idle, this.#unavailable('gave its connection to another caller. Try again.'));
  }

  #claim(pooled: PooledConnection, scope: string, tenant: Tenant): void {
    if (pooled.scope !== undefined) this.#byScope.delete(pooled.scope);
    this.#byScope.set(scope, pooled);
    const sharing = sharingOf(this.#server, this.#era(), tenant.sole);
    pooled.scope = scope;
    pooled.sharing = sharing;
    pooled.isExclusive = tenant.sole || sharing !== 'shared';
    pooled.whose = pooled.isExclusive ? whoseOf(sharing, tenant) : undefined;
    this.watchIdle(pooled);
  }

  #isFull(): boolean {
    return this.#all.size >= this.#limits.maxConnections;
  }

  #hasRoom(): boolean {
    return !this.#isFull() || [...this.#all].some(({ isIdle }) => isIdle);
  }

  #unavailable(what: string): GatewayError {
    return unavailable(this.#server.name, what);
  }
}
