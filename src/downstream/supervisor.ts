/** All connections of one server: who gets which, when they are started, and when they end. */
import type { ServerDefinition } from '../config/types.ts';
import { GatewayError } from '../shared/errors.ts';
import { watchAlive } from './alive.ts';
import { createBackoff } from './backoff.ts';
import { connect, type Verdict } from './connect.ts';
import { seconds, stillStarting, unavailable } from './failures.ts';
import { createGate } from './gate.ts';
import { watchIdle } from './idle.ts';
import { createInstance, type Instance, isIdle, liveLink } from './instance.ts';
import { type Elsewhere, LeasedLink } from './leased.ts';
import { lifeOf, OWNED_IDLE_MS } from './life.ts';
import type { ManagedLink } from './link.ts';
import type { PoolContext } from './pool.ts';
import {
  credentialOwner,
  type Era,
  hasOwnCredentials,
  isWithin,
  nextScope,
  offeredOn,
  scopeOf,
  sharingOf,
  whoseOf,
} from './sharing.ts';
import { statusOf } from './state.ts';
import { createTail, type Tail } from './stderr.ts';
import type { LeaseOptions, Link, ServerStatus, Tenant, Whose } from './types.ts';
import { waitFor } from './wait.ts';

/** A link that is leased may get its request this much later. */
const LEASE_GRACE_MS = 1000;
const DRAIN_POLL_MS = 50;

export interface Supervisor {
  readonly server: ServerDefinition;
  lease(options: LeaseOptions): Promise<Link> | Link;
  /** Sends a notification of a client to its connection, if there is one. */
  notify(tenant: Tenant, method: string, params: string): void;
  /** What its processes wrote to stderr, redacted. */
  readonly output: Tail;
  /** Closes every connection at once and makes a new one in the background. */
  restart(): void;
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
  const life = lifeOf(server, context.budgets);
  const isProcess = server.link.transport === 'stdio';
  const isOwn = hasOwnCredentials(server.link);
  const backoff = createBackoff();
  const output = createTail(context.redact);
  const gate = createGate(server.name, life.maxConcurrent, life.maxQueue);
  const instances = new Set<Instance>();
  /** Those that belong to somebody. */
  const owned = new Map<string, Instance>();
  let verdict: Verdict | undefined;
  /** The scope that was looked for last, and what it depends on. */
  let lastScope = '';
  let lastTenant: Tenant | undefined;
  let lastVerdict: Verdict | undefined;
  let lastError: GatewayError | undefined;
  let over: GatewayError | undefined;
  let retiring = false;
  let starts = 0;

  const verdicts = {
    get: () => verdict,
    set: (_key: string, found: Verdict) => {
      verdict = found;
    },
    delete: () => {
      verdict = undefined;
    },
  };
  const era = (): Era => (verdict === undefined || verdict === 'modern' ? verdict : 'legacy');

  const broke = (instance: Instance, error: GatewayError): void => {
    const healthy = instance.start?.isAnswered === true;
    instance.link = undefined;
    events.disconnected?.(server);
    instance.breaker?.stop();
    instance.unwatch();
    if (over !== undefined || retiring || !instances.has(instance)) return;
    instance.start?.ended(Date.now());
    instance.start = undefined;
    lastError = error;
    log.warn({ server: server.name, reason: error.message }, 'server disconnected');
    // Whoever calls next shall not wait for the start of a server that works.
    if (healthy && isProcess) connecting(instance, false).catch(() => undefined);
  };

  const start = async (instance: Instance, urgent: boolean): Promise<ManagedLink> => {
    const { signal } = instance.abandon;
    const turn = context.slots.take(urgent);
    instance.hurry = turn.hurry;
    const release = await turn.granted;
    const begin = (): void => {
      instance.start?.ended(Date.now());
      instance.start = backoff.started(Date.now());
    };
    try {
      signal.throwIfAborted();
      if (!isProcess) begin();
      const link = await connect(server, {
        version: context.version,
        log,
        redact: context.redact,
        budgets: life.budgets,
        verdicts,
        maxMessageBytes: context.maxMessageBytes,
        marker: () => {
          begin();
          return context.marker();
        },
        started: (child) => {
          instance.pid = child.pid;
          starts++;
          context.started(child);
        },
        output: (chunk) => output.push(chunk),
        events,
        capabilities: instance.capabilities,
        authorization: context.authorization(server, instance.principal),
        exclusive: () => instance.exclusive,
        whose: () => (instance.scope === undefined ? onlyCaller(instance) : instance.whose),
        closed: (error) => broke(instance, error),
        signal,
      });
      instance.since = Date.now();
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
        else instance.start?.ended(Date.now());
        instance.start = undefined;
        lastError = known;
        if (needsSignIn) log.info({ server: server.name }, 'server waits for a sign-in');
        else log.warn({ server: server.name, reason: known.message }, 'server cannot be connected');
      }
      throw known;
    } finally {
      release();
    }
  };

  /** The start that is under way, or a new one. */
  const connecting = (instance: Instance, urgent: boolean): Promise<ManagedLink> => {
    if (instance.connecting !== undefined) {
      if (urgent) instance.hurry?.();
      return instance.connecting;
    }
    const wait = backoff.waitMs(Date.now());
    if (wait > 0) {
      const again = `Its last start failed; the next one is allowed in ${seconds(wait)}.`;
      const reason = lastError?.message ?? `Server "${server.name}" was started too often.`;
      const data = { retryAfterMs: Math.ceil(wait) };
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

  const end = (instance: Instance, why: GatewayError): void => {
    instances.delete(instance);
    if (instance.scope !== undefined) owned.delete(instance.scope);
    instance.abandon.abort(why);
    if (instance.link !== undefined) context.track(instance.link.close());
    if (instance.connecting !== undefined) context.track(instance.connecting);
  };

  const limitIdle = (instance: Instance): void => {
    const isOwned = instance.sharing !== undefined && instance.sharing !== 'shared';
    const limit = life.idleMs ?? (isOwned ? OWNED_IDLE_MS : undefined);
    if (limit === undefined || instance.link === undefined) return;
    watchIdle(instance, limit, () => {
      if (!instances.has(instance)) return;
      log.info({ server: server.name }, 'server stopped: it was not used');
      end(instance, unavailable(server.name, 'was stopped because nobody used it. Try again.'));
    });
  };

  /** @throws GatewayError RATE_LIMITED */
  const add = (capabilities: string, principal = ''): Instance => {
    if (instances.size >= life.maxInstances) {
      const idle = [...instances].filter(isIdle).sort((one, other) => one.usedAt - other.usedAt)[0];
      if (idle === undefined) {
        const what = `Server "${server.name}" has ${life.maxInstances} connections and all are in use: try again in a moment.`;
        throw new GatewayError('RATE_LIMITED', what, { data: { retryAfterMs: 1000 } });
      }
      end(idle, unavailable(server.name, 'gave its connection to another caller. Try again.'));
    }
    const instance = createInstance(capabilities, principal);
    instances.add(instance);
    return instance;
  };

  const claim = (instance: Instance, scope: string, tenant: Tenant): void => {
    if (instance.scope !== undefined) owned.delete(instance.scope);
    owned.set(scope, instance);
    instance.scope = scope;
    instance.sharing = sharingOf(server, era(), tenant.sole);
    instance.exclusive = tenant.sole || instance.sharing !== 'shared';
    instance.whose = instance.exclusive ? whoseOf(instance.sharing, tenant) : undefined;
    limitIdle(instance);
  };

  /** Who will use a connection that belongs to nobody yet, where only one can. */
  const onlyCaller = ({ capabilities }: Instance): Whose | undefined =>
    context.only === undefined ? undefined : { principal: context.only, session: undefined, capabilities };

  /** A connection for this tenant, live or not. */
  const instanceFor = (tenant: Tenant, scope: string): Instance => {
    const own = owned.get(scope);
    if (own !== undefined) return own;
    const offered = offeredOn(server, era(), tenant);
    const principal = credentialOwner(server.link, tenant.principal);
    const spare = [...instances].find((instance) => instance.scope === undefined && instance.principal === principal);
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

  const anyInstance = (tenant?: Tenant): Instance | undefined => {
    const all = [...instances].filter(({ principal }) => !isOwn || principal === tenant?.principal);
    return (
      all.find((instance) => liveLink(instance) !== undefined) ?? all.find(({ connecting: made }) => made !== undefined)
    );
  };

  /**
   * True where a connection is what its owner may use: what the server speaks may have turned out only now, and decides who
   * shares it. A connection that served nobody yet changes hands.
   */
  const belongs = (instance: Instance, tenant: Tenant): boolean => {
    const scope = scopeOf(server, era(), tenant);
    if (instance.scope !== undefined && isWithin(instance.scope, scope)) return true;
    if (instance.served || owned.has(scope)) {
      if (isIdle(instance) && !instance.served) end(instance, unavailable(server.name, 'was not needed. Try again.'));
      return false;
    }
    claim(instance, scope, tenant);
    return true;
  };

  /** The connection of a tenant that has one: what most calls find. */
  const leaseNow = ({ signal, tenant, listing }: LeaseOptions): Link | undefined => {
    if (over !== undefined || signal?.aborted || tenant === undefined || listing === true) return undefined;
    if (tenant !== lastTenant || verdict !== lastVerdict) {
      lastTenant = tenant;
      lastVerdict = verdict;
      lastScope = scopeOf(server, era(), tenant);
    }
    const instance = owned.get(lastScope);
    const link = instance && liveLink(instance);
    if (instance === undefined || link === undefined) return undefined;
    instance.usedAt = Date.now();
    instance.served = true;
    return new LeasedLink(gate, instance, link, tenant, elsewhere);
  };

  /** Where each call has a connection of its own: the first one on which none runs. */
  const findFree: Elsewhere = (tenant, { timeoutMs, signal }) => {
    for (let scope = scopeOf(server, era(), tenant); ; scope = nextScope(scope)) {
      const instance = owned.get(scope);
      if (instance === undefined && instances.size >= life.maxInstances && ![...instances].some(isIdle))
        return undefined;
      if (instance?.link?.busy !== true) return lease({ timeoutMs, signal, tenant }, scope);
    }
  };
  const elsewhere = server.life?.sharing === 'per-call' ? findFree : undefined;

  /** @param place the scope of the connection; without it the tenant's first one */
  const lease = async ({ timeoutMs, signal, tenant, listing }: LeaseOptions, place?: string): Promise<Link> => {
    const until = Date.now() + timeoutMs;
    if (isOwn && tenant === undefined) throw needsPrincipal(server.name);
    for (;;) {
      if (over !== undefined) throw over;
      if (signal?.aborted) throw signal.reason;
      const anyone = tenant === undefined || listing === true ? anyInstance(tenant) : undefined;
      const instance =
        anyone ??
        (tenant === undefined
          ? ([...instances].find(({ scope }) => scope === undefined) ?? add(context.expected()))
          : instanceFor(tenant, place ?? scopeOf(server, era(), tenant)));
      instance.usedAt = Date.now();
      const link =
        liveLink(instance) ??
        (await waitFor(connecting(instance, true), until - Date.now(), signal, () =>
          stillStarting(server.name, timeoutMs),
        ));
      if (tenant !== undefined && listing !== true) {
        if (!belongs(instance, tenant)) continue;
        instance.served = true;
      }
      return new LeasedLink(gate, instance, link, tenant, elsewhere);
    }
  };

  return {
    server,
    notify(tenant, method, params) {
      if (era() !== 'legacy') return;
      const first = scopeOf(server, era(), tenant);
      for (const [scope, instance] of owned) if (isWithin(scope, first)) liveLink(instance)?.notify(method, params);
    },
    lease: (options) => leaseNow(options) ?? lease(options),
    warm() {
      if (over !== undefined || isOwn || anyInstance() !== undefined) return;
      const [first] = instances;
      connecting(first ?? add(context.expected()), false).catch(() => undefined);
    },
    get status() {
      return statusOf({ server, instances, backoff, gate, lastError, starts });
    },
    output,
    restart() {
      const why = unavailable(server.name, 'is restarted. Try again.');
      for (const instance of instances) end(instance, why);
      backoff.forget();
      if (isOwn) return;
      connecting(add(context.expected()), true).catch(() => undefined);
    },
    stop() {
      for (const instance of instances) end(instance, unavailable(server.name, 'was stopped. Try again.'));
    },
    async retire() {
      retiring = true;
      const gone = unavailable(server.name, 'was removed from the configuration.');
      for (const instance of instances) if (instance.link === undefined) end(instance, gone);
      const isUsed = (instance: Instance): boolean =>
        liveLink(instance) !== undefined && (instance.calls > 0 || Date.now() - instance.usedAt <= LEASE_GRACE_MS);
      while ([...instances].some(isUsed) && over === undefined) {
        await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
      }
      for (const instance of instances) end(instance, gone);
    },
    async close() {
      over = unavailable(server.name, 'is not available: the gateway is stopping.');
      for (const instance of instances) end(instance, over);
    },
    kill() {
      over = unavailable(server.name, 'is not available: the gateway is stopping.');
      for (const instance of instances) {
        instance.abandon.abort(over);
        instance.link?.kill();
      }
    },
  };
}

function needsPrincipal(server: string): GatewayError {
  return unavailable(server, 'is used with the credentials of each principal; nothing can be done on it for nobody.');
}
