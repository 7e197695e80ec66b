/**
 * All connections: one per server key, made on demand, shared by everybody who waits for it, replaced at the next call when
 * it died, kept across reloads that leave the server unchanged.
 */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import type { ServerDefinition } from '../config/types.ts';
import { GatewayError } from '../shared/errors.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import { BUDGETS, type Budgets, connect, type Verdict } from './connect.ts';
import { seconds, stillStarting, unavailable } from './failures.ts';
import type { ManagedLink } from './link.ts';
import type { ServerProcess } from './process.ts';
import { createSlots } from './slots.ts';
import type { Downstream, DownstreamEvents, Link, Log } from './types.ts';
import { waitFor } from './wait.ts';

const CONCURRENT_STARTS = 8;
const SLOT_MS = 10_000;
/** A link that is leased may get its request this much later. */
const LEASE_GRACE_MS = 1000;
const DRAIN_POLL_MS = 50;

export interface DownstreamOptions {
  /** Version of the gateway, for `clientInfo`. */
  readonly version: string;
  readonly log: Log;
  /** Replaces known secrets in text that leaves the gateway. */
  readonly redact: (text: string) => string;
  readonly events?: Partial<DownstreamEvents>;
  /** Value of the environment marker that all descendants carry; random by default. */
  readonly gatewayId?: string;
  readonly budgets?: Partial<Budgets>;
  /** Bytes that one message of a server may have; default 16 MiB. */
  readonly maxMessageBytes?: number;
}

interface Entry {
  readonly server: ServerDefinition;
  readonly backoff: Backoff;
  /** Ends a start that nobody wants any more. */
  readonly abandon: AbortController;
  link: ManagedLink | undefined;
  since: number;
  connecting: Promise<ManagedLink> | undefined;
  lastError: GatewayError | undefined;
  lastLease: number;
}

export function createDownstream(options: DownstreamOptions): Downstream {
  const { log, events } = options;
  const budgets: Budgets = { ...BUDGETS, ...options.budgets };
  const gatewayId = options.gatewayId ?? `${process.pid}-${randomBytes(6).toString('hex')}`;
  const entries = new Map<string, Entry>();
  /** Removed servers with calls that still run. */
  const retiring = new Set<Entry>();
  const closing = new Set<Promise<unknown>>();
  const verdicts = new Map<string, Verdict>();
  const slots = createSlots(CONCURRENT_STARTS, SLOT_MS);
  /** Processes whose tree is not known to be gone. */
  const processes = new Set<ServerProcess>();
  let children = 0;
  let stopped = false;

  const entryOf = (server: ServerDefinition): Entry => {
    const existing = entries.get(server.key);
    if (existing !== undefined) return existing;
    const entry: Entry = {
      server,
      backoff: createBackoff(),
      abandon: new AbortController(),
      link: undefined,
      since: 0,
      connecting: undefined,
      lastError: undefined,
      lastLease: 0,
    };
    entries.set(server.key, entry);
    return entry;
  };

  const start = async (entry: Entry, urgent: boolean): Promise<ManagedLink> => {
    const { server } = entry;
    const { signal } = entry.abandon;
    const release = await slots.take(urgent);
    try {
      signal.throwIfAborted();
      if (server.link.transport !== 'stdio') entry.backoff.started(Date.now());
      const link = await connect(server, {
        version: options.version,
        log,
        redact: options.redact,
        budgets,
        verdicts,
        maxMessageBytes: options.maxMessageBytes,
        marker: () => {
          entry.backoff.started(Date.now());
          return `${gatewayId}.${++children}`;
        },
        started: (child) => {
          processes.add(child);
          void child.stopped.then(() => processes.delete(child));
        },
        connected: (facts) => events?.connected?.(server, facts),
        toolsChanged: () => events?.toolsChanged?.(server),
        closed: (error) => {
          entry.backoff.ended(entry.since, Date.now());
          entry.lastError = error;
          entry.link = undefined;
          if (!stopped && !retiring.has(entry))
            log.warn({ server: server.name, reason: error.message }, 'server disconnected');
        },
        signal,
      });
      entry.since = Date.now();
      entry.lastError = undefined;
      if (link.closed) throw unavailable(server.name, 'closed the connection right after the handshake.');
      if (signal.aborted) {
        await link.close();
        throw signal.reason;
      }
      entry.link = link;
      const { era, revision, name, version } = link.facts;
      log.info({ server: server.name, era, revision, is: name, version }, 'server connected');
      events?.connected?.(server, link.facts);
      return link;
    } catch (error) {
      const known =
        error instanceof GatewayError ? error : unavailable(server.name, 'cannot be started.', { cause: error });
      if (!signal.aborted) {
        entry.backoff.failed(Date.now());
        entry.lastError = known;
        log.warn({ server: server.name, reason: known.message }, 'server cannot be connected');
      }
      throw known;
    } finally {
      release();
    }
  };

  /** The start that is under way, or a new one. */
  const connecting = (entry: Entry, urgent: boolean): Promise<ManagedLink> => {
    if (entry.connecting !== undefined) return entry.connecting;
    const wait = entry.backoff.waitMs(Date.now());
    if (wait > 0) {
      const again = `Its last start failed; the next one is allowed in ${seconds(wait)}.`;
      const reason = entry.lastError?.message ?? `Server "${entry.server.name}" was started too often.`;
      const data = { retryAfterMs: wait };
      return Promise.reject(new GatewayError('SERVER_UNAVAILABLE', `${reason} ${again}`, { data }));
    }
    const started = start(entry, urgent).finally(() => {
      entry.connecting = undefined;
    });
    entry.connecting = started;
    // Nobody may be waiting for it any more when it fails.
    started.catch(() => undefined);
    return started;
  };

  const track = (promise: Promise<unknown>): void => {
    const settled = promise.catch(() => undefined).finally(() => closing.delete(settled));
    closing.add(settled);
  };

  const retire = async (entry: Entry): Promise<void> => {
    retiring.add(entry);
    if (entry.link === undefined)
      entry.abandon.abort(unavailable(entry.server.name, 'was removed from the configuration.'));
    while (entry.link !== undefined && !stopped) {
      if (entry.link.pending === 0 && Date.now() - entry.lastLease > LEASE_GRACE_MS) break;
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
    }
    await entry.link?.close();
    retiring.delete(entry);
  };

  return {
    async lease(server, { timeoutMs, signal }): Promise<Link> {
      if (stopped) throw unavailable(server.name, 'is not available: the gateway is stopping.');
      signal?.throwIfAborted();
      const entry = entryOf(server);
      entry.lastLease = Date.now();
      if (entry.link !== undefined && !entry.link.closed) return entry.link;
      return waitFor<Link>(connecting(entry, true), timeoutMs, signal, () => stillStarting(server.name, timeoutMs));
    },
    retain(servers) {
      const kept = new Set([...servers.values()].map((server) => server.key));
      for (const [key, entry] of entries) {
        if (kept.has(key)) continue;
        entries.delete(key);
        verdicts.delete(key);
        track(retire(entry));
      }
    },
    warm(servers) {
      if (stopped) return;
      for (const server of servers.values()) {
        const entry = entryOf(server);
        if (entry.link === undefined) connecting(entry, false).catch(() => undefined);
      }
    },
    status: () =>
      [...entries.values()].map((entry) => ({
        name: entry.server.name,
        state: stateOf(entry),
        facts: entry.link?.facts,
      })),
    async close() {
      stopped = true;
      for (const entry of [...entries.values(), ...retiring]) {
        const { name } = entry.server;
        entry.abandon.abort(unavailable(name, 'is not available: the gateway is stopping.'));
        if (entry.link !== undefined) track(entry.link.close());
        if (entry.connecting !== undefined) track(entry.connecting);
      }
      entries.clear();
      while (closing.size > 0) await Promise.all(closing);
    },
    kill() {
      stopped = true;
      for (const entry of [...entries.values(), ...retiring]) {
        entry.abandon.abort(unavailable(entry.server.name, 'is not available: the gateway is stopping.'));
        entry.link?.kill();
      }
      for (const child of processes) child.kill();
    },
  };
}

function stateOf(entry: Entry): 'stopped' | 'starting' | 'ready' | 'failed' {
  if (entry.link !== undefined) return 'ready';
  if (entry.connecting !== undefined) return 'starting';
  return entry.lastError === undefined ? 'stopped' : 'failed';
}
