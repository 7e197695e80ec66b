/** All connections of one server: when they are started, who leases them, and when they end. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { waitFor } from '../../shared/wait-for.ts';
import type { LeaseOptions, ServerStatus, Tenant, UpstreamConnection, Whose } from '../contract.ts';
import { LAST_OUTPUT, seconds, stillStarting, unavailable } from '../failures.ts';
import { createStderrTail, type StderrTail } from '../process/stderr-tail.ts';
import type { ManagedConnection } from '../rpc/connection.ts';
import { createBackoff } from './backoff.ts';
import { createConcurrencyLimiter } from './concurrency-limiter.ts';
import { connect, type DialectMemory } from './connect.ts';
import { createConnectionPool } from './connection-pool.ts';
import { watchAlive } from './health-check.ts';
import { watchIdle } from './idle-timeout.ts';
import { toldTo, withOutput } from './last-output.ts';
import { type Choose, LeasedConnection } from './lease.ts';
import { liveConnection, type PooledConnection } from './pooled-connection.ts';
import { limitsOf, OWNED_IDLE_MS } from './server-limits.ts';
import { hasOwnCredentials, type KnownEra } from './sharing.ts';
import { statusOf } from './supervisor-status.ts';
import type { PoolContext } from './upstreams.ts';

/** A link that is leased may get its request this much later. */
const LEASE_GRACE_MS = 1000;
const DRAIN_POLL_MS = 50;

export interface Supervisor {
  readonly server: ServerDefinition;
  lease(options: LeaseOptions): Promise<UpstreamConnection> | UpstreamConnection;
  /** Sends a notification of a client to its connection, if there is one. */
  notify(tenant: Tenant, method: string, params: string): void;
  /** What its processes wrote to stderr, redacted. */
  readonly output: StderrTail;
  /** Closes every connection at once and makes a new one in the background. */
  /** @returns what the new connection failed with; undefined where it works, or nothing is started before somebody calls */
  restart(): Promise<GatewayError | undefined>;
  /** Closes every connection at once; the next call makes one. */
  stop(): void;
  /** Starts a connection in the background where there is none. */
  warm(): void;
  readonly status: ServerStatus;
  /** Lets running calls finish, then closes everything. */
  retire(): Promise<void>;
  close(): Promise<void>;
  kill(): void;
}

export function createSupervisor(server: ServerDefinition, context: PoolContext): Supervisor {
  const { log, events } = context;
  const life = limitsOf(server, context.budgets);
  const isProcess = server.link.transport === 'stdio';
  const isOwn = hasOwnCredentials(server.link);
  const backoff = createBackoff();
  const output = createStderrTail(context.redact);
  const limiter = createConcurrencyLimiter(server.name, life.maxConcurrent, life.maxQueue);
  let lastError: GatewayError | undefined;
  let over: GatewayError | undefined;
  let retiring = false;
  let starts = 0;

  const memory: DialectMemory = { dialect: undefined };
  const era = (): KnownEra => (memory.dialect === 'sse' ? 'legacy' : memory.dialect);

  const pool = createConnectionPool({
    server,
    max: life.maxConnections,
    era,
    expected: () => context.expected(),
    claimed: (instance) => limitIdle(instance),
    track: (work) => context.track(work),
  });
  const { end } = pool;

  const broke = (instance: PooledConnection, error: GatewayError): void => {
    const healthy = instance.start?.isAnswered === true;
    instance.link = undefined;
    events.disconnected?.(server);
    instance.breaker?.stop();
    instance.unwatch();
    if (over !== undefined || retiring || !pool.all.has(instance)) return;
    instance.start?.ended(performance.now());
    instance.start = undefined;
    lastError = error;
    log.warn({ server: server.name, reason: withOutput(error).message }, 'server disconnected');
    // Whoever calls next shall not wait for the start of a server that works.
    if (healthy && isProcess) connecting(instance, false).catch(() => undefined);
  };

  const start = async (instance: PooledConnection, urgent: boolean): Promise<ManagedConnection> => {
    const { signal } = instance.abandon;
    const turn = context.startQueue.take(urgent);
    instance.hurry = turn.hurry;
    const release = await turn.granted;
    const begin = (): void => {
      instance.start?.ended(performance.now());
      instance.start = backoff.started(performance.now());
    };
    try {
      signal.throwIfAborted();
      if (!isProcess) begin();
      const link = await connect(server, {
        version: context.version,
        log,
        redact: context.redact,
        budgets: life.budgets,
        memory,
        strictServers: context.strict,
        maxMessageBytes: context.maxMessageBytes,
        nextMarker: () => {
          begin();
          return context.marker();
        },
        onProcess: (child) => {
          instance.pid = child.pid;
          starts++;
          context.started(child);
        },
        onStderr: (chunk) => output.push(chunk),
        events,
        capabilities: instance.capabilities,
        authorization: context.authorization(server, instance.principal),
        isExclusive: () => instance.exclusive,
        owner: () => (instance.scope === undefined ? onlyCaller(instance) : instance.whose),
        onClose: (error) => broke(instance, error),
        signal,
      });
      instance.served = false;
      if (link.closed) throw unavailable(server.name, 'closed the connection right after the handshake.');
      if (signal.aborted) {
        await link.close();
        throw signal.reason;
      }
      lastError = undefined;
      instance.link = link;
      instance.breaker = watchAlive(instance, link, { server: server.name, log, isProcess });
      limitIdle(instance);
      const { era: spoken, revision, name, version } = link.facts;
      log.info({ server: server.name, era: spoken, revision, is: name, version }, 'server connected');
      events.connected?.(server);
      return link;
    } catch (error) {
      const known =
        error instanceof GatewayError ? error : unavailable(server.name, 'cannot be started.', { cause: error });
      if (!signal.aborted) {
        // A server that wants a sign-in works; the next call may come right after it.
        const needsSignIn = known.code === 'AUTH_REQUIRED';
        if (needsSignIn) instance.start?.answered();
        else instance.start?.ended(performance.now());
        instance.start = undefined;
        lastError = known;
        if (needsSignIn) log.info({ server: server.name }, 'server waits for a sign-in');
        else log.warn({ server: server.name, reason: withOutput(known).message }, 'server cannot be connected');
      }
      throw known;
    } finally {
      release();
    }
  };

  /** The start that is under way, or a new one. */
  const connecting = (instance: PooledConnection, urgent: boolean): Promise<ManagedConnection> => {
    if (instance.connecting !== undefined) {
      if (urgent) instance.hurry?.();
      return instance.connecting;
    }
    const wait = backoff.waitMs(performance.now());
    if (wait > 0) {
      const again = `Its last start failed; the next one is allowed in ${seconds(wait)}.`;
      const reason = lastError?.message ?? `Server "${server.name}" was started too often.`;
      // Whoever else it served may not read what it wrote.
      const output = context.only === undefined ? undefined : lastError?.data?.[LAST_OUTPUT];
      const data = { retryAfterMs: Math.ceil(wait), [LAST_OUTPUT]: output };
      return Promise.reject(new GatewayError('SERVER_UNAVAILABLE', `${reason} ${again}`, { data }));
    }
    const started = start(instance, urgent).finally(() => {
      instance.connecting = undefined;
    });
    instance.connecting = started;
    // Nobody may be waiting for it any more when it fails.
    started.catch(() => undefined);
    return started;
  };

  const limitIdle = (instance: PooledConnection): void => {
    const isOwned = instance.sharing !== undefined && instance.sharing !== 'shared';
    const limit = life.idleMs ?? (isOwned ? OWNED_IDLE_MS : undefined);
    if (limit === undefined || instance.link === undefined) return;
    watchIdle(instance, limit, () => {
      if (!pool.all.has(instance)) return;
      log.info({ server: server.name }, 'server stopped: it was not used');
      end(instance, unavailable(server.name, 'was stopped because nobody used it. Try again.'));
    });
  };

  /** Who will use a connection that belongs to nobody yet, where only one can. */
  const onlyCaller = ({ capabilities }: PooledConnection): Whose | undefined =>
    context.only === undefined ? undefined : { principal: context.only, session: undefined, capabilities };

  /** The connection of a tenant that has one: what most calls find. */
  const leaseNow = ({ signal, tenant, listing }: LeaseOptions): UpstreamConnection | undefined => {
    if (over !== undefined || signal?.aborted || tenant === undefined || listing === true) return undefined;
    const instance = pool.of(tenant);
    const link = instance && liveConnection(instance);
    if (instance === undefined || link === undefined) return undefined;
    instance.usedAt = performance.now();
    instance.served = true;
    return new LeasedConnection(limiter, instance, link, tenant, choose);
  };

  /** @param askedMs how long the caller would have waited in all, to be told of it */
  const linkOf = (
    instance: PooledConnection,
    signal: CancelSignal | undefined,
    waitMs: number,
    askedMs = waitMs,
  ): Promise<ManagedConnection> | ManagedConnection =>
    liveConnection(instance) ??
    waitFor(connecting(instance, true), waitMs, signal, () => stillStarting(server.name, askedMs));

  const toldLater = async (
    link: Promise<ManagedConnection> | ManagedConnection,
    instance: PooledConnection,
    tenant: Tenant | undefined,
    listing: boolean | undefined,
  ): Promise<ManagedConnection> => {
    try {
      return await link;
    } catch (error) {
      throw toldTo(error, instance, tenant, listing);
    }
  };

  const chooseFree: Choose = (tenant, timeoutMs, signal) => {
    const instance = pool.free(tenant);
    return { instance, link: linkOf(instance, signal, timeoutMs) };
  };
  const choose = server.life?.sharing === 'per-call' ? chooseFree : undefined;

  const lease = async ({ timeoutMs, signal, tenant, listing }: LeaseOptions): Promise<UpstreamConnection> => {
    const until = performance.now() + timeoutMs;
    if (isOwn && tenant === undefined) throw needsPrincipal(server.name);
    for (;;) {
      if (over !== undefined) throw over;
      if (signal?.aborted) throw signal.reason;
      const anyone = tenant === undefined || listing === true ? pool.any(tenant) : undefined;
      const instance = anyone ?? (tenant === undefined ? pool.unclaimed() : pool.take(tenant));
      instance.usedAt = performance.now();
      const due = linkOf(instance, signal, until - performance.now(), timeoutMs);
      const link = await toldLater(due, instance, tenant, listing);
      if (tenant !== undefined && listing !== true) {
        if (!pool.belongs(instance, tenant)) continue;
        instance.served = true;
      }
      holdForNow(instance);
      return new LeasedConnection(limiter, instance, link, tenant, choose);
    }
  };

  return {
    server,
    notify(tenant, method, params) {
      if (era() !== 'legacy') return;
      for (const instance of pool.allOf(tenant)) liveConnection(instance)?.notify(method, params);
    },
    lease: (options) => leaseNow(options) ?? lease(options),
    warm() {
      if (over !== undefined || isOwn || pool.any(undefined) !== undefined) return;
      const [first] = pool.all;
      connecting(first ?? pool.add(), false).catch(() => undefined);
    },
    get status() {
      return statusOf({ server, instances: pool.all, backoff, limiter, lastError, starts });
    },
    output,
    async restart() {
      const why = unavailable(server.name, 'is restarted. Try again.');
      for (const instance of pool.all) end(instance, why);
      backoff.forget();
      if (isOwn) return undefined;
      try {
        await connecting(pool.add(), true);
        return undefined;
      } catch (error) {
        return error instanceof GatewayError ? error : unavailable(server.name, 'cannot be started.');
      }
    },
    stop() {
      for (const instance of pool.all) end(instance, unavailable(server.name, 'was stopped. Try again.'));
    },
    async retire() {
      retiring = true;
      const gone = unavailable(server.name, 'was removed from the configuration.');
      for (const instance of pool.all) if (instance.link === undefined) end(instance, gone);
      const isUsed = (instance: PooledConnection): boolean =>
        liveConnection(instance) !== undefined &&
        (instance.calls > 0 || performance.now() - instance.usedAt <= LEASE_GRACE_MS);
      while ([...pool.all].some(isUsed) && over === undefined) {
        await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
      }
      for (const instance of pool.all) end(instance, gone);
    },
    async close() {
      over = unavailable(server.name, 'is not available: the gateway is stopping.');
      for (const instance of pool.all) end(instance, over);
    },
    kill() {
      over = unavailable(server.name, 'is not available: the gateway is stopping.');
      for (const instance of pool.all) {
        instance.abandon.abort(over);
        instance.link?.kill();
      }
    },
  };
}

/** Who waited for a lease makes its request in this turn of the event loop: until then nobody may take the connection for idle. */
function holdForNow(instance: PooledConnection): void {
  instance.calls++;
  setImmediate(() => {
    instance.calls--;
  });
}

function needsPrincipal(server: string): GatewayError {
  return unavailable(server, 'is used with the credentials of each principal; nothing can be done on it for nobody.');
}
