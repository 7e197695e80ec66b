/** Helpers for the tests of this layer. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { ServerDefinition, ServerLife } from '../config/snapshot.ts';
import type { Log, Tenant, Upstreams } from './contract.ts';
import { createUpstreams, type UpstreamsOptions } from './pool/upstreams.ts';
import { MARKER } from './process/process-table.ts';

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that remembers. */
export function memoryLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...fields } });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn') };
}

/** Path of a fixture server. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
}

/** A stdio server that runs a script with this Node. */
export function stdioServer(
  script: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): ServerDefinition {
  return {
    name: 'fixture',
    key: randomBytes(8).toString('hex'),
    description: undefined,
    timeoutMs: undefined,
    link: {
      transport: 'stdio',
      command: process.execPath,
      args: [script, ...args],
      env: new Map(Object.entries(env)),
      cwd: undefined,
    },
  };
}

/** An HTTP server. */
export function httpServer(
  url: string,
  transport: 'http' | 'sse' = 'http',
  headers: Record<string, string> = {},
): ServerDefinition {
  return {
    name: 'fixture',
    key: randomBytes(8).toString('hex'),
    description: undefined,
    timeoutMs: undefined,
    link: { transport, url, headers: new Map(Object.entries(headers)) },
  };
}

/** The same server with some of its life set. */
export function living(server: ServerDefinition, life: Partial<ServerLife>): ServerDefinition {
  return {
    ...server,
    life: {
      startTimeoutMs: undefined,
      handshakeTimeoutMs: undefined,
      idleTimeoutMs: undefined,
      maxConcurrent: undefined,
      maxQueue: undefined,
      sharing: undefined,
      maxInstances: undefined,
      ...life,
    },
  };
}

/** A caller over HTTP. */
export function tenant(owner: string, more: Partial<Tenant> = {}): Tenant {
  return {
    owner,
    agent: 'agent',
    session: undefined,
    sole: false,
    capabilities: '{}',
    requestCapabilities: '{}',
    ...more,
  };
}

export interface Lab {
  readonly upstreams: Upstreams;
  readonly log: ReturnType<typeof memoryLog>;
  /** Processes of this lab that are alive. */
  processes(): number[];
}

/** A pool with short budgets and everything it says. */
export function createLab(options: Partial<UpstreamsOptions> = {}): Lab {
  const log = memoryLog();
  const gatewayId = `test-${randomBytes(6).toString('hex')}`;
  const budgets = { probeMs: 300, stopStepMs: 300, ...options.budgets };
  const upstreams = createUpstreams({
    version: '0.0.1',
    log,
    redact: (text) => text,
    gatewayId,
    ...options,
    budgets,
  });
  return { upstreams, log, processes: () => markedProcesses(gatewayId) };
}

/** Live processes whose marker begins with a gateway's id. */
function markedProcesses(gatewayId: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return false;
        return readFileSync(`/proc/${name}/environ`, 'latin1').includes(`${MARKER}=${gatewayId}.`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Waits until something holds; fails after ten seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('It did not come to hold.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly message:
    | { readonly method?: string; readonly id?: number; readonly params?: Record<string, unknown> }
    | undefined;
}

export interface HttpFixture {
  readonly requests: Recorded[];
  readonly sessions: Set<string>;
  /** Sends a notification on each open stream. */
  readonly streams: Set<(name: string) => void>;
  /** Methods of requests whose connection ended before their answer. */
  readonly closed: string[];
  readonly url: string;
  readonly port: number;
  readonly options: Record<string, unknown>;
  generation: 'modern' | 'legacy' | 'sse';
  close(): Promise<void>;
}

/** Starts an HTTP server of one generation inside the test. */
export async function startHttp(
  generation: HttpFixture['generation'],
  options: Record<string, unknown> = {},
): Promise<HttpFixture> {
  const { href } = new URL('./fixtures/http.mjs', import.meta.url);
  const fixtures = (await import(href)) as { startHttp: (...args: unknown[]) => Promise<HttpFixture> };
  return fixtures.startHttp(generation, options);
}
