/** Makes one connection: starts the channel, shakes hands within the budgets, and remembers how the server speaks. */
import { quote } from '../../config/quote-name.ts';
import type { HttpDefinition, ServerDefinition, StdioDefinition } from '../../config/snapshot.ts';
import { parsedValue } from '../../protocol/json-rpc.ts';
import { type Era, LATEST_LEGACY } from '../../protocol/revisions.ts';
import { findMember } from '../../protocol/scan.ts';
import { Canceller, follow } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { type Deadline, deadline } from '../../shared/wait-for.ts';
import type { Authorization } from '../channel/authorization.ts';
import type { OpenChannel } from '../channel/channel.ts';
import { isOldTransport } from '../channel/http-refusal.ts';
import { stdioChannel } from '../channel/stdio-channel.ts';
import type { Log, ServerFacts, StrictServers, Timing, UpstreamEvents, Whose } from '../contract.ts';
import { seconds, unavailable } from '../failures.ts';
import type { ServerProcess } from '../process/server-process.ts';
import { createStderrTail } from '../process/stderr-tail.ts';
import { createConnection, type ManagedConnection } from '../rpc/connection.ts';
import { initializeAgain, saysNothing, shakeHands } from '../rpc/handshake.ts';
import { createJsonRpcPeer, type JsonRpcPeer } from '../rpc/json-rpc-peer.ts';
import { announces, keepSubscribed } from '../rpc/listen-request.ts';
import { createResourceSubscriptions } from '../rpc/resource-subscriptions.ts';
import { createWarnings } from '../warning-limiter.ts';
import { LAST_OUTPUT } from './last-output.ts';

/** How a server turned out to speak. */
type Verdict = Era | 'sse';

/** What is remembered of that, so that a reconnect does not probe again. */
export interface Memory {
  verdict: Verdict | undefined;
}

export interface Budgets {
  /** Milliseconds until the first message of a started process: it may be downloading itself. */
  readonly startMs: number;
  /** Milliseconds for the handshake after that. */
  readonly handshakeMs: number;
  /** Milliseconds of silence after which a stdio server is taken for legacy; */
  readonly probeMs: number;
  /** and an HTTP server, which may wake up first. */
  readonly httpProbeMs: number;
  /** Milliseconds until an event stream names the address for messages, where it is only tried whether it does. */
  readonly endpointMs: number;
  /** Milliseconds between the steps of stopping a process. */
  readonly stopStepMs: number;
}

export const BUDGETS: Budgets = {
  startMs: 120_000,
  handshakeMs: 15_000,
  probeMs: 2000,
  httpProbeMs: 3000,
  endpointMs: 5000,
  stopStepMs: 2000,
};

export interface ConnectOptions {
  /** Version of the gateway. */
  readonly version: string;
  readonly log: Log;
  readonly redact: (text: string) => string;
  readonly budgets: Budgets;
  /** What connections to this server found out, this one included. */
  readonly memory: Memory;
  readonly maxMessageBytes: number;
  /** Value of the environment marker for the next process; asked once per start. */
  readonly marker: () => string;
  readonly started: (child: ServerProcess) => void;
  /** What a process wrote to stderr. */
  readonly output: (chunk: Buffer) => void;
  readonly events: Partial<UpstreamEvents>;
  /** The credential for an HTTP server. */
  readonly authorization: Authorization | undefined;
  /** Client capabilities to offer: JSON text. */
  readonly capabilities: string;
  readonly strict: StrictServers | undefined;
  /** Whether the connection serves one principal or session alone. */
  readonly exclusive: () => boolean;
  /** Whom the connection serves alone; undefined for nobody. */
  readonly whose: () => Whose | undefined;
  readonly closed: (error: GatewayError) => void;
  readonly signal: AbortSignal;
}

interface Attempt {
  readonly timing: Timing;
  readonly peer: JsonRpcPeer;
  readonly facts: () => ServerFacts;
  /** What to do after the server gave a new session. */
  onRenewed(listener: () => void): void;
}

/**
 * @throws GatewayError SERVER_UNAVAILABLE, or the reason of the signal. Nothing is left of a failed connection.
 */
export async function connect(server: ServerDefinition, options: ConnectOptions): Promise<ManagedConnection> {
  const { link, name } = server;
  const made =
    link.transport === 'stdio' ? await connectStdio(server, link, options) : await connectHttp(server, link, options);
  const { facts, peer, timing } = made;
  const isModern = facts().era === 'modern';
  // A server that may ask its client something may do so on a stream of its own, too.
  if (!isModern && (announces(facts()) || options.capabilities !== '{}')) peer.listen();
  const subscription = isModern && announces(facts()) ? keepSubscribed(peer, options.log, name, facts()) : undefined;
  const resources = createResourceSubscriptions(peer, subscription);
  made.onRenewed(resources.renew);
  return createConnection({
    server: name,
    peer,
    facts,
    timing,
    resources,
    outdated: () => forget(options.memory),
  });
}

function forget(memory: Memory): void {
  memory.verdict = undefined;
}

async function connectStdio(
  server: ServerDefinition,
  definition: StdioDefinition,
  options: ConnectOptions,
): Promise<Attempt> {
  const { log, redact, maxMessageBytes, memory, started, output } = options;
  const { stopStepMs } = options.budgets;
  const base = { server: server.name, definition, log, redact, maxMessageBytes, stopStepMs, started, output };
  const start = async (known: Era | undefined): Promise<Attempt> => {
    await checkScripts(server.name, definition);
    const tail = createStderrTail(redact);
    const warn = createWarnings(log, server.name);
    const open = stdioChannel({ ...base, marker: options.marker(), warn, tail });
    return attempt(server, options, open, { known, lastWords: () => tail.sentence() });
  };
  const { verdict } = memory;
  const isStrict = verdict === undefined && (await options.strict?.has(server.key)) === true;
  try {
    return await start(isStrict ? 'legacy' : verdict === 'modern' ? 'modern' : verdict && 'legacy');
  } catch (error) {
    // It may be another program by now.
    if (isStrict) await options.strict?.note(server.key, false);
    // Some servers end at the first request that is not `initialize`: start those again without the probe.
    const died = error instanceof GatewayError && error.data?.['exited'] === true;
    if (isStrict || verdict === 'legacy' || !died || options.signal.aborted) throw error;
    memory.verdict = 'legacy';
    const made = await start('legacy');
    await options.strict?.note(server.key, true);
    return made;
  }
}

/** What is started from a folder that needs trust is what its owner looked at, also when it is started again. */
async function checkScripts(name: string, definition: StdioDefinition): Promise<void> {
  const { trusted } = definition;
  if (trusted === undefined) return;
  const { changedScript, scriptsOf } = await import('../../config/scripts.ts');
  const changed = changedScript(await scriptsOf(definition, trusted.folder), trusted);
  if (changed === undefined) return;
  throw unavailable(
    name,
    `was not started: ${quote(changed)} changed since it was trusted. The owner of the gateway has to look at it, and to run "agent-mcp-gateway trust" in ${quote(trusted.folder)}.`,
  );
}

async function connectHttp(
  server: ServerDefinition,
  definition: HttpDefinition,
  options: ConnectOptions,
): Promise<Attempt> {
  const { log, maxMessageBytes, memory, version, authorization } = options;
  const warn = createWarnings(log, server.name);
  const base = { server: server.name, definition, version, log, warn, maxMessageBytes, authorization };
  const overSse = async (endpointMs?: number): Promise<Attempt> => {
    const { sseChannel } = await import('../channel/sse-channel.ts');
    return attempt(server, options, sseChannel({ ...base, endpointMs }), { known: 'legacy', verdict: 'sse' });
  };
  if (definition.transport === 'sse') return overSse();
  const { verdict } = memory;
  if (verdict === 'sse') {
    try {
      return await overSse();
    } catch {
      forget(memory);
    }
  }
  try {
    // Loaded with the first HTTP server: its client is half of the program.
    const { httpChannel } = await import('../channel/http-channel.ts');
    return await attempt(server, options, httpChannel(base), { known: verdict === 'sse' ? undefined : verdict });
  } catch (error) {
    // A server of 2024-11-05 refuses the POST, or answers it in some other way than ours, and has an event stream at the same
    // address (2025-11-25, basic/transports, Backwards Compatibility).
    const mayBeOld = isOldTransport(error) || !saysNothing(error);
    if (!mayBeOld || definition.isCertain || options.signal.aborted) throw error;
    return overSse(options.budgets.endpointMs).catch(() => {
      throw error;
    });
  }
}

interface AttemptTerms {
  /** What an earlier connection found out. */
  readonly known: Era | undefined;
  /** What to remember; default the era that is found. */
  readonly verdict?: Verdict;
  /** A sentence with what the server wrote last. */
  readonly lastWords?: () => string;
}

/** One try; closes the channel when it fails. */
async function attempt(
  server: ServerDefinition,
  options: ConnectOptions,
  open: OpenChannel,
  { known, verdict, lastWords = () => '' }: AttemptTerms,
): Promise<Attempt> {
  const { budgets, signal, version, capabilities, events, memory } = options;
  const { name } = server;
  const isProcess = server.link.transport === 'stdio';
  let facts: ServerFacts | undefined;
  let acknowledged = false;
  let renewed: () => void = () => undefined;
  const budget = new Canceller();
  const release = follow(budget, signal);
  const began = performance.now();
  let activeAt = began;
  const expire = (ms: number, phase: 'start' | 'handshake', what: string): Deadline =>
    deadline(ms, () => {
      const data = { phase, [LAST_OUTPUT]: lastWords() };
      budget.abort(unavailable(name, `${what} within ${seconds(ms)}; it was stopped.`, { data }));
    });
  const handshakeTimer = (): Deadline => expire(budgets.handshakeMs, 'handshake', 'did not finish the handshake');
  let timer: Deadline | undefined;

  const missed = (): void => {
    events.toolsChanged?.(server);
    events.promptsChanged?.(server);
    events.resourcesChanged?.(server);
  };
  const renew = async (): Promise<void> => {
    const limit = new Canceller();
    const letGo = follow(limit, signal);
    const late = unavailable(name, 'did not give a new session in time.');
    const timer = setTimeout(() => limit.abort(late), budgets.handshakeMs);
    try {
      const before = facts?.revision ?? LATEST_LEGACY;
      facts = await initializeAgain(peer, { server: name, version, capabilities, signal: limit }, before);
      events.connected?.(server);
      renewed();
    } catch (error) {
      forget(memory);
      const known = error instanceof GatewayError ? error : late;
      void peer.close(known);
      throw known;
    } finally {
      clearTimeout(timer);
      letGo();
    }
  };

  const whoseOf = (session: string | undefined): Whose | undefined => {
    const whose = options.whose();
    return whose === undefined || session === undefined ? whose : { ...whose, session };
  };

  const peer = createJsonRpcPeer(open, {
    server: name,
    version,
    warn: createWarnings(options.log, name),
    redact: options.redact,
    active: () => {
      activeAt = performance.now();
      if (!isProcess || facts !== undefined || budget.aborted) return;
      timer?.clear();
      timer = handshakeTimer();
    },
    renew,
    missed,
    exclusive: options.exclusive,
    said: (method, params, session) => {
      const whose = whoseOf(session);
      if (whose !== undefined) events.said?.(server, whose, method, params);
    },
    asked: (request, session) => {
      const whose = whoseOf(session);
      return whose === undefined ? undefined : events.asked?.(server, whose, request);
    },
    notified: ({ method, text, params }) => {
      const uri = parsedValue(text, findMember(params, 'uri'));
      if (method === 'notifications/tools/list_changed') events.toolsChanged?.(server);
      else if (method === 'notifications/prompts/list_changed') events.promptsChanged?.(server);
      else if (method === 'notifications/resources/list_changed') events.resourcesChanged?.(server);
      else if (method !== 'notifications/subscriptions/acknowledged') {
        if (typeof uri === 'string') events.resourceUpdated?.(server, uri);
      } else {
        // Subscribed again: something may have changed in between.
        if (acknowledged) missed();
        acknowledged = true;
      }
    },
    closed: (error) => {
      if (facts !== undefined) options.closed(error);
    },
  });
  timer = isProcess ? expire(budgets.startMs, 'start', 'wrote no message to stdout') : handshakeTimer();
  try {
    const first = await shakeHands(peer, {
      server: name,
      version,
      capabilities,
      known,
      probeMs: isProcess ? budgets.probeMs : budgets.httpProbeMs,
      endsProbe: !isProcess,
      signal: budget,
    });
    facts = first;
    memory.verdict = verdict ?? first.era;
    return {
      peer,
      timing: { startMs: Math.round(activeAt - began), handshakeMs: Math.round(performance.now() - activeAt) },
      facts: () => facts ?? first,
      onRenewed: (listener) => {
        renewed = listener;
      },
    };
  } catch (error) {
    // It may have been replaced by one that speaks otherwise.
    if (known === 'modern') forget(memory);
    await peer.close(unavailable(name, 'was not connected.'));
    throw error;
  } finally {
    timer.clear();
    release();
  }
}
