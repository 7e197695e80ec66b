/** One server: leases its connections to callers, has them started when they are needed, and ends them. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { waitFor } from '../../shared/wait-for.ts';
import type { LeaseOptions, ServerStatus, Tenant, UpstreamConnection } from '../contract.ts';
import { gone, stillStarting, unavailable } from '../failures.ts';
import type { StderrTail } from '../process/stderr-tail.ts';
import type { ManagedConnection } from '../rpc/connection.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';
import type { DialectMemory } from './connect-server.ts';
import { ConnectionPool } from './connection-pool.ts';
import { errorFor } from './last-output.ts';
import { LeasedConnection, type LeaseTerms, type SoleConnection } from './lease.ts';
import type { PoolContext } from './pool-context.ts';
import type { PooledConnection } from './pooled-connection.ts';
import { limitsOf } from './server-limits.ts';
import { serverStatus } from './server-status-report.ts';
import { hasOwnCredentials, type KnownEra } from './sharing.ts';
import { Supervisor } from './supervisor.ts';

/** A connection that is leased may get its request this much later. */
const LEASE_GRACE_MS = 1000;
const DRAIN_POLL_MS = 50;

export class UpstreamServer {
  readonly server: ServerDefinition;
  readonly #memory: DialectMemory = { dialect: undefined };
  readonly #pool: ConnectionPool;
  readonly #supervisor: Supervisor;
  readonly #limiter: ConcurrencyLimiter;
  readonly #leaseTerms: LeaseTerms;
  readonly #hasOwnCredentials: boolean;
  /** The reason why nothing can be leased any more; undefined while it can. */
  #closeReason: GatewayError | undefined;

  constructor(server: ServerDefinition, context: PoolContext) {
    const limits = limitsOf(server, context.budgets);
    this.server = server;
    this.#hasOwnCredentials = hasOwnCredentials(server.link);
    this.#pool = new ConnectionPool({ server, limits, context, era: () => this.#era() });
    this.#supervisor = new Supervisor({ server, context, limits, pool: this.#pool, memory: this.#memory });
    this.#limiter = new ConcurrencyLimiter(server.name, limits.maxConcurrent, limits.maxQueue);
    const takeSole = (tenant: Tenant, timeoutMs: number, signal: CancelSignal | undefined): SoleConnection => {
      const pooled = this.#pool.takeFree(tenant);
      return { pooled, connection: this.#whenLive(pooled, signal, timeoutMs) };
    };
    const isPerCall = server.life?.sharing === 'per-call';
    this.#leaseTerms = { limiter: this.#limiter, takeSole: isPerCall ? takeSole : undefined };
  }

  get status(): ServerStatus {
    const { backoff, lastError, starts } = this.#supervisor;
    const { server } = this;
    return serverStatus({ server, connections: this.#pool.all, backoff, limiter: this.#limiter, lastError, starts });
  }

  /** The output of its processes on stderr, redacted. */
  get output(): StderrTail {
    return this.#supervisor.output;
  }

  lease(options: LeaseOptions): Promise<UpstreamConnection> | UpstreamConnection {
    return this.#leaseLive(options) ?? this.#leaseWhenLive(options);
  }

  /** Sends a notification of a client to its connections, if there are any. */
  notify(tenant: Tenant, method: string, params: string): void {
    if (this.#era() !== 'legacy') return;
    for (const pooled of this.#pool.allOf(tenant)) pooled.live?.notify(method, params);
  }

  /** Starts a connection in the background where there is none. */
  warm(): void {
    if (this.#closeReason !== undefined || this.#hasOwnCredentials || this.#pool.any(undefined) !== undefined) return;
    const [first] = this.#pool.all;
    this.#supervisor.connectInBackground(first ?? this.#pool.add());
  }

  /**
   * Closes every connection at once and makes a new one in the background.
   * @returns what the new connection failed with; undefined where it works, or nothing is started before somebody calls
   */
  async restart(): Promise<GatewayError | undefined> {
    this.#pool.endAll(this.#unavailable('is restarted. Try again.'));
    this.#supervisor.backoff.forget();
    if (this.#hasOwnCredentials) return undefined;
    try {
      await this.#supervisor.connect(this.#pool.add(), true);
      return undefined;
    } catch (error) {
      return error instanceof GatewayError ? error : this.#unavailable('cannot be started.');
    }
  }

  /** Closes every connection at once; the next call makes one. */
  stop(): void {
    this.#pool.endAll(this.#unavailable('was stopped. Try again.'));
  }

  /** Lets running calls finish, then closes everything. */
  async retire(): Promise<void> {
    this.#supervisor.stop();
    const reason = gone(this.server.name);
    for (const pooled of this.#pool.all) if (pooled.connection === undefined) this.#pool.end(pooled, reason);
    while (this.#closeReason === undefined && [...this.#pool.all].some(isInUse)) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
    this.#closeReason ??= reason;
    this.#pool.endAll(reason);
  }

  async close(): Promise<void> {
    this.#pool.endAll(this.#refuseLeases());
  }

  kill(): void {
    const reason = this.#refuseLeases();
    for (const pooled of this.#pool.all) {
      pooled.abandon.abort(reason);
      pooled.connection?.kill();
    }
  }

  #refuseLeases(): GatewayError {
    this.#supervisor.stop();
    this.#closeReason = this.#unavailable('is not available: the gateway is stopping.');
    return this.#closeReason;
  }

  #era(): KnownEra {
    const { dialect } = this.#memory;
    return dialect === 'sse' ? 'legacy' : dialect;
  }

  /** The connection of a tenant that has one: what most calls find. */
  #leaseLive({ signal, tenant, listing }: LeaseOptions): UpstreamConnection | undefined {
    if (this.#closeReason !== undefined || signal?.aborted || tenant === undefined || listing === true)
      return undefined;
    const pooled = this.#pool.of(tenant);
    const connection = pooled?.live;
    if (pooled === undefined || connection === undefined) return undefined;
    pooled.usedAt = performance.now();
    pooled.hasServed = true;
    return new LeasedConnection(this.#leaseTerms, pooled, connection, tenant);
  }

  async #leaseWhenLive({ timeoutMs, signal, tenant, listing }: LeaseOptions): Promise<UpstreamConnection> {
    const until = performance.now() + timeoutMs;
    if (this.#hasOwnCredentials && tenant === undefined) throw this.#needsPrincipal();
    for (;;) {
      if (this.#closeReason !== undefined) throw this.#closeReason;
      if (signal?.aborted) throw signal.reason;
      const pooled = this.#choose(tenant, listing === true);
      pooled.usedAt = performance.now();
      let connection: ManagedConnection;
      try {
        connection = await this.#whenLive(pooled, signal, until - performance.now(), timeoutMs);
      } catch (error) {
        throw errorFor(error, pooled, tenant, listing);
      }
      if (tenant !== undefined && listing === true) this.#pool.reclaim(pooled, tenant);
      else if (tenant !== undefined) {
        if (!this.#pool.belongsTo(pooled, tenant)) continue;
        pooled.hasServed = true;
      }
      pooled.holdForNow();
      return new LeasedConnection(this.#leaseTerms, pooled, connection, tenant);
    }
  }

  #choose(tenant: Tenant | undefined, isListing: boolean): PooledConnection {
    if (tenant !== undefined && !isListing) return this.#pool.take(tenant);
    return this.#pool.any(tenant) ?? (tenant === undefined ? this.#pool.takeUnclaimed() : this.#pool.take(tenant));
  }

  /** @param callerWaitMs how long the caller waits in all, for its error */
  #whenLive(
    pooled: PooledConnection,
    signal: CancelSignal | undefined,
    waitMs: number,
    callerWaitMs: number = waitMs,
  ): Promise<ManagedConnection> | ManagedConnection {
    if (pooled.live !== undefined) return pooled.live;
    const late = (): GatewayError => stillStarting(this.server.name, callerWaitMs);
    return waitFor(this.#supervisor.connect(pooled, true), waitMs, signal, late);
  }

  #needsPrincipal(): GatewayError {
    return this.#unavailable('is used with the credentials of each principal; nothing can be done on it for nobody.');
  }

  #unavailable(what: string): GatewayError {
    return unavailable(this.server.name, what);
  }
}

function isInUse({ live, calls, usedAt }: PooledConnection): boolean {
  return live !== undefined && (calls > 0 || performance.now() - usedAt <= LEASE_GRACE_MS);
}
