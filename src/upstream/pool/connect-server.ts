/** Makes one connection: chooses the channel and the era to try first, and falls back to what older servers speak. */

import { quote } from '../../config/quote-name.ts';
import type { HttpClientKind } from '../../config/settings.ts';
import type { HttpDefinition, ServerDefinition, StdioDefinition } from '../../config/snapshot.ts';
import type { Era } from '../../protocol/revisions.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Authorization } from '../channel/authorization.ts';
import type { OpenChannel } from '../channel/channel.ts';
import { isOldTransport } from '../channel/http-refusal.ts';
import { stdioChannel } from '../channel/stdio-channel.ts';
import type { StrictServers } from '../contract.ts';
import { unavailable } from '../failures.ts';
import { type Launch, plainLaunch, type ServerProcess } from '../process/server-process.ts';
import { createStderrTail } from '../process/stderr-tail.ts';
import { type ConnectionOptions, type ManagedConnection, openConnection } from '../rpc/connection.ts';
import { saysNothing } from '../rpc/handshake.ts';
import type { OwnPlaces } from '../sandbox/own-places.ts';
import { createWarnings, type Warn } from '../warning-limiter.ts';
import type { Budgets } from './server-limits.ts';

/** The transport and revision that a server turned out to speak. */
type Dialect = Era | 'sse';

/** Remembers that between connections, so that a reconnect does not probe again. */
export interface DialectMemory {
  dialect: Dialect | undefined;
}

export interface ConnectOptions extends Omit<ConnectionOptions, 'server' | 'knownEra' | 'forgetEra' | 'lastOutput'> {
  readonly budgets: Budgets;
  /** The findings of connections to this server, this one included. */
  readonly memory: DialectMemory;
  readonly maxMessageBytes: number;
  readonly httpClient?: HttpClientKind | undefined;
  /** Makes the value of the environment marker for the next process; called once per start. */
  readonly nextMarker: () => string;
  readonly onProcess: (child: ServerProcess) => void;
  /** Takes what a process wrote to stderr. */
  readonly onStderr: (chunk: Buffer) => void;
  /** The credential for an HTTP server. */
  readonly authorization: Authorization | undefined;
  readonly strictServers: StrictServers | undefined;
  /** What no server in a sandbox may see. */
  readonly ownPlaces: OwnPlaces;
}

export type Connect = (server: ServerDefinition, options: ConnectOptions) => Promise<ManagedConnection>;

/** @throws GatewayError SERVER_UNAVAILABLE, or the reason of the signal. Nothing is left of a failed connection. */
export const connect: Connect = (server, options) =>
  server.link.transport === 'stdio'
    ? connectStdio(server, server.link, options)
    : server.link.transport === 'openapi'
      ? connectApi(server, options)
      : connectHttp(server, server.link, options);

interface Attempt {
  /** The era that an earlier connection found out. */
  readonly knownEra: Era | undefined;
  /** The dialect to remember; default the era that it turns out to have. */
  readonly dialect?: Dialect;
  /** A sentence with what the server wrote last. */
  readonly lastOutput?: () => string;
}

/** One attempt, whose result is remembered. */
async function attempt(
  server: ServerDefinition,
  options: ConnectOptions,
  open: OpenChannel,
  { knownEra, dialect, lastOutput = () => '' }: Attempt,
): Promise<ManagedConnection> {
  const { memory } = options;
  const forgetEra = (): void => forget(memory);
  const connection = await openConnection(open, { ...options, server, knownEra, forgetEra, lastOutput });
  memory.dialect = dialect ?? connection.facts.era;
  return connection;
}

function forget(memory: DialectMemory): void {
  memory.dialect = undefined;
}

async function connectStdio(
  server: ServerDefinition,
  definition: StdioDefinition,
  options: ConnectOptions,
): Promise<ManagedConnection> {
  const { memory, strictServers } = options;
  const { dialect } = memory;
  const isStrict = dialect === undefined && (await strictServers?.has(server.key)) === true;
  const knownEra = dialect === 'sse' || isStrict ? 'legacy' : dialect;
  try {
    return await startAndConnect(server, definition, options, knownEra);
  } catch (error) {
    // It may be another program by now.
    if (isStrict) await strictServers?.note(server.key, false);
    // Some servers end at the first request that is not `initialize`: start those again without the probe.
    const hasExited = error instanceof GatewayError && error.data?.['exited'] === true;
    if (isStrict || dialect === 'legacy' || !hasExited || options.signal.aborted) throw error;
    memory.dialect = 'legacy';
    const connection = await startAndConnect(server, definition, options, 'legacy');
    await strictServers?.note(server.key, true);
    return connection;
  }
}

async function startAndConnect(
  server: ServerDefinition,
  definition: StdioDefinition,
  options: ConnectOptions,
  knownEra: Era | undefined,
): Promise<ManagedConnection> {
  const { log, redact, maxMessageBytes } = options;
  await checkScripts(server.name, definition);
  const tail = createStderrTail(redact);
  const marker = options.nextMarker();
  const warn = createWarnings(log, server.name);
  const { launch, close } = await prepare(server.name, definition, options, marker, warn);
  const open = stdioChannel({
    server: server.name,
    definition,
    launch,
    log,
    redact,
    maxMessageBytes,
    stopStepMs: options.budgets.stopStepMs,
    started: (child) => {
      if (close !== undefined) void child.exited.then(close);
      options.onProcess(child);
    },
    output: options.onStderr,
    marker,
    warn,
    tail,
  });
  return attempt(server, options, open, { knownEra, lastOutput: () => tail.sentence() });
}

/** @returns how to start it, and what to do when it has ended. @throws GatewayError where its sandbox cannot be made */
async function prepare(
  server: string,
  definition: StdioDefinition,
  { ownPlaces }: ConnectOptions,
  marker: string,
  warn: Warn,
): Promise<{ readonly launch: Launch; readonly close?: () => void }> {
  const { sandbox } = definition;
  if (sandbox === undefined) return { launch: plainLaunch(definition, marker) };
  const { image } = sandbox;
  if (image !== undefined) {
    const { openContainer } = await import('../sandbox/open-container.ts');
    return openContainer({ server, definition, sandbox, image, places: ownPlaces, marker });
  }
  const { openSandbox } = await import('../sandbox/open-sandbox.ts');
  return openSandbox({ server, definition, sandbox, places: ownPlaces, marker, warn });
}

/** Checks that what is started from a folder that needs trust is what its owner looked at, also when it is started again. */
async function checkScripts(name: string, definition: StdioDefinition): Promise<void> {
  const { trusted } = definition;
  if (trusted === undefined) return;
  const { changedScript, scriptsOf } = await import('../../config/script-files.ts');
  const script = changedScript(await scriptsOf(definition, trusted.folder), trusted);
  if (script === undefined) return;
  throw unavailable(
    name,
    `was not started: ${quote(script)} changed since it was trusted. The owner of the gateway has to look at it, and to run "agent-mcp-gateway trust" in ${quote(trusted.folder)}.`,
  );
}

/** Loaded with the first API. */
async function connectApi(server: ServerDefinition, options: ConnectOptions): Promise<ManagedConnection> {
  const { openApiOf } = await import('../openapi/connect-openapi.ts');
  const { open, release } = await openApiOf(server, options);
  return attempt(server, options, open, { knownEra: 'modern' }).catch(release);
}

async function connectHttp(
  server: ServerDefinition,
  definition: HttpDefinition,
  options: ConnectOptions,
): Promise<ManagedConnection> {
  const { log, maxMessageBytes, httpClient, memory, version, authorization } = options;
  const warn = createWarnings(log, server.name);
  const base = { server: server.name, definition, version, log, warn, maxMessageBytes, httpClient, authorization };
  const connectSse = async (endpointMs?: number): Promise<ManagedConnection> => {
    const { sseChannel } = await import('../channel/sse-channel.ts');
    return attempt(server, options, sseChannel({ ...base, endpointMs }), { knownEra: 'legacy', dialect: 'sse' });
  };
  if (definition.transport === 'sse') return connectSse();
  const { dialect } = memory;
  if (dialect === 'sse') {
    try {
      return await connectSse();
    } catch {
      forget(memory);
    }
  }
  try {
    // Loaded with the first HTTP server: its client is half of the program.
    const { httpChannel } = await import('../channel/http-channel.ts');
    const knownEra = dialect === 'sse' ? undefined : dialect;
    return await attempt(server, options, httpChannel(base), { knownEra });
  } catch (error) {
    // A server of 2024-11-05 refuses the POST, or answers it in some other way than ours, and has an event stream at the same
    // address (2025-11-25, basic/transports, Backwards Compatibility).
    const mayBeOld = isOldTransport(error) || !saysNothing(error);
    if (!mayBeOld || definition.isCertain || options.signal.aborted) throw error;
    return connectSse(options.budgets.endpointMs).catch(() => {
      throw error;
    });
  }
}
