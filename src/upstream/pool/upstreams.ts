/** All connections to all servers: one supervisor per server key, kept across reloads that leave the server unchanged. */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { MAX_RESPONSE_BYTES } from '../../config/settings.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { within } from '../../shared/wait-for.ts';
import type { Authorization } from '../channel/authorization.ts';
import type { ControlAnswer, Log, StrictServers, UpstreamEvents, Upstreams } from '../contract.ts';
import { unavailable } from '../failures.ts';
import { createGuardian } from '../process/guardian.ts';
import type { ServerProcess } from '../process/server-process.ts';
import { withOutput } from './last-output.ts';
import { BUDGETS, type Budgets } from './server-limits.ts';
import { createStartQueue, type StartQueue } from './start-queue.ts';
import { createSupervisor, type Supervisor } from './supervisor.ts';

const CONCURRENT_STARTS = 8;
const SLOT_MS = 10_000;

export interface UpstreamsOptions {
  /** Version of the gateway, for `clientInfo`. */
  readonly version: string;
  readonly log: Log;
  /** Replaces known secrets in text that leaves the gateway. */
  readonly redact: (text: string) => string;
  readonly events?: Partial<UpstreamEvents>;
  /** Value of the environment marker that all descendants carry; random by default. */
  readonly gatewayId?: string;
  /** The credential of a principal for an HTTP server; `''` for the gateway's own. */
  readonly authorization?: (server: ServerDefinition, principal: string) => Authorization | undefined;
  /** Program of the guardian; without one, nobody ends the servers of a gateway that was killed. */
  readonly guardianScript?: string | undefined;
  readonly budgets?: Partial<Budgets>;
  /** Bytes that one message of a server may have; default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** The only principal that there can be; undefined where there may be several. */
  readonly only?: string | undefined;
  /** What is known of servers that end when they are probed; without it each gateway finds out anew. */
  readonly strict?: StrictServers;
}

/** What the supervisors of all servers share. */
export interface PoolContext {
  readonly version: string;
  readonly log: Log;
  readonly redact: (text: string) => string;
  readonly events: Partial<UpstreamEvents>;
  readonly budgets: Budgets;
  readonly maxMessageBytes: number;
  readonly authorization: (server: ServerDefinition, principal: string) => Authorization | undefined;
  readonly startQueue: StartQueue;
  readonly only: string | undefined;
  readonly strict: StrictServers | undefined;
  /** Capabilities that the next caller probably has: JSON text. */
  expected(): string;
  /** Value of the environment marker for the next process. */
  marker(): string;
  started(child: ServerProcess): void;
  /** Work that the end of the gateway waits for. */
  track(work: Promise<unknown>): void;
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const gatewayId = options.gatewayId ?? `${process.pid}-${randomBytes(6).toString('hex')}`;
  const supervisors = new Map<string, Supervisor>();
  /** Removed servers with calls that still run. */
  const retiring = new Set<Supervisor>();
  const closing = new Set<Promise<unknown>>();
  /** Processes whose tree is not known to be gone. */
  const processes = new Set<ServerProcess>();
  const guardian = createGuardian(options.guardianScript, gatewayId, options.log);
  let children = 0;
  let stopped = false;
  let expected = '{}';
  /** Starts what waits for the first caller. */
  let warmNow: (() => void) | undefined;

  const context: PoolContext = {
    version: options.version,
    log: options.log,
    redact: options.redact,
    events: options.events ?? {},
    authorization: options.authorization ?? (() => undefined),
    budgets: { ...BUDGETS, ...options.budgets },
    maxMessageBytes: options.maxMessageBytes ?? MAX_RESPONSE_BYTES,
    expected: () => expected,
    only: options.only,
    strict: options.strict,
    startQueue: createStartQueue(CONCURRENT_STARTS, SLOT_MS),
    marker: () => `${gatewayId}.${++children}`,
    started(child) {
      const { pid } = child;
      if (pid === undefined) return;
      guardian.watch(pid);
      processes.add(child);
      void child.stopped.then(() => {
        processes.delete(child);
        guardian.forget(pid);
      });
    },
    track(work) {
      const settled = work.catch(() => undefined).finally(() => closing.delete(settled));
      closing.add(settled);
    },
  };

  const supervisorOf = (server: ServerDefinition): Supervisor => {
    let supervisor = supervisors.get(server.key);
    if (supervisor === undefined) {
      supervisor = createSupervisor(server, context);
      supervisors.set(server.key, supervisor);
    }
    return supervisor;
  };

  const named = (name: string): Supervisor | undefined =>
    [...supervisors.values()].find(({ server }) => server.name === name);

  return {
    lease(server, lease) {
      if (stopped) return Promise.reject(unavailable(server.name, 'is not available: the gateway is stopping.'));
      return supervisorOf(server).lease(lease);
    },
    notify: (server, tenant, method, params) => supervisors.get(server.key)?.notify(tenant, method, params),
    retain(servers) {
      const kept = new Set([...servers.values()].map((server) => server.key));
      for (const [key, supervisor] of supervisors) {
        if (kept.has(key)) continue;
        supervisors.delete(key);
        retiring.add(supervisor);
        context.track(supervisor.retire().finally(() => retiring.delete(supervisor)));
      }
    },
    expect(capabilities) {
      expected = capabilities;
      warmNow?.();
    },
    warm(servers, graceMs = 0) {
      const start = (): void => {
        clearTimeout(timer);
        warmNow = undefined;
        if (stopped) return;
        for (const server of servers.values()) supervisorOf(server).warm();
      };
      const timer = graceMs > 0 ? setTimeout(start, graceMs) : undefined;
      if (timer === undefined) start();
      else warmNow = start;
    },
    status: () => [...supervisors.values()].map(({ status }) => status),
    control(name, what) {
      const supervisor = named(name);
      if (supervisor === undefined) return false;
      if (what === 'restart') return restarted(supervisor);
      supervisor[what]();
      return true;
    },
    output: (name) => named(name)?.output,
    async close() {
      stopped = true;
      for (const supervisor of [...supervisors.values(), ...retiring]) await supervisor.close();
      supervisors.clear();
      while (closing.size > 0) await Promise.all(closing);
    },
    kill() {
      stopped = true;
      for (const supervisor of [...supervisors.values(), ...retiring]) supervisor.kill();
      for (const child of processes) child.kill();
    },
  };
}

/** Milliseconds in which the owner wants to know how a restart went; the start goes on after that. */
const RESTART_WAIT_MS = 15_000;

async function restarted(supervisor: Supervisor): Promise<ControlAnswer> {
  const failure = await within(supervisor.restart(), RESTART_WAIT_MS);
  // One that waits for a sign-in works.
  return failure === undefined || failure.code === 'AUTH_REQUIRED' ? true : withOutput(failure).message;
}
