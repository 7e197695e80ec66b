/** Makes one connection: starts the channel, shakes hands within the budgets, and remembers how the server speaks. */
import type { ServerDefinition } from '../config/types.ts';
import type { NotificationMessage } from '../protocol/messages.ts';
import { GatewayError } from '../shared/errors.ts';
import type { OpenChannel } from './channel.ts';
import { seconds, unavailable } from './failures.ts';
import { shakeHands } from './handshake.ts';
import { createLink, type ManagedLink } from './link.ts';
import { createPeer, type Peer } from './peer.ts';
import { stdioChannel } from './stdio-link.ts';
import { announcesTools, keepSubscribed } from './subscribe.ts';
import type { Log, ServerFacts } from './types.ts';
import { createWarnings } from './warnings.ts';

/** How a server turned out to speak; kept by the pool, so that a reconnect does not probe again. */
export interface Verdicts {
  get(key: string): Verdict | undefined;
  set(key: string, verdict: Verdict): void;
  delete(key: string): void;
}

export type Verdict = 'modern' | 'legacy' | 'sse';

export interface Budgets {
  /** Milliseconds until the first byte of a started process: it may be downloading itself. */
  readonly startMs: number;
  /** Milliseconds for the handshake after that. */
  readonly handshakeMs: number;
  /** Milliseconds of silence after which a stdio server is taken for legacy. */
  readonly probeMs: number;
  /** Milliseconds between the steps of stopping a process. */
  readonly stopStepMs: number;
}

export const BUDGETS: Budgets = { startMs: 120_000, handshakeMs: 15_000, probeMs: 2000, stopStepMs: 2000 };

export interface ConnectOptions {
  /** Version of the gateway. */
  readonly version: string;
  readonly log: Log;
  readonly redact: (text: string) => string;
  readonly budgets: Budgets;
  readonly verdicts: Verdicts;
  readonly maxMessageBytes: number | undefined;
  /** Value of the environment marker for the next process. */
  readonly marker: () => string;
  readonly connected: (facts: ServerFacts) => void;
  readonly toolsChanged: () => void;
  readonly closed: (error: GatewayError) => void;
  readonly signal: AbortSignal;
}

interface Attempt {
  readonly peer: Peer;
  readonly facts: ServerFacts;
}

/**
 * @throws GatewayError SERVER_UNAVAILABLE, or the reason of the signal. Nothing is left of a failed connection.
 */
export async function connect(server: ServerDefinition, options: ConnectOptions): Promise<ManagedLink> {
  const { facts, peer } = await connectStdio(server, options);
  options.verdicts.set(server.key, facts.era);
  if (facts.era === 'modern' && announcesTools(facts)) void keepSubscribed(peer, options.log, server.name);
  else if (facts.era === 'legacy') peer.listen();
  return createLink(server.name, peer, () => facts);
}

async function connectStdio(server: ServerDefinition, options: ConnectOptions): Promise<Attempt> {
  const { link, name } = server;
  if (link.transport !== 'stdio') throw unavailable(name, 'cannot be reached over HTTP yet.');
  const warn = createWarnings(options.log, name);
  const { log, redact, maxMessageBytes, budgets } = options;
  const open = (): OpenChannel =>
    stdioChannel({
      server: name,
      definition: link,
      marker: options.marker(),
      log,
      warn,
      redact,
      maxMessageBytes,
      stopStepMs: budgets.stopStepMs,
    });
  const verdict = options.verdicts.get(server.key);
  const known = verdict === 'sse' ? undefined : verdict;
  try {
    return await attempt(server, options, open(), known);
  } catch (error) {
    // Some servers end at the first request that is not `initialize`: start those again without the probe.
    const died = error instanceof GatewayError && error.data?.['ended'] === 'in handshake';
    if (known === 'legacy' || !died || options.signal.aborted) throw error;
    options.verdicts.delete(server.key);
    return attempt(server, options, open(), 'legacy');
  }
}

/** One try; closes the channel when it fails. */
async function attempt(
  server: ServerDefinition,
  options: ConnectOptions,
  open: OpenChannel,
  known: 'modern' | 'legacy' | undefined,
): Promise<Attempt> {
  const { budgets, signal } = options;
  const { name } = server;
  let ready = false;
  const budget = new AbortController();
  const expire = (ms: number, what: string): NodeJS.Timeout =>
    setTimeout(() => budget.abort(unavailable(name, `${what} within ${seconds(ms)}; it was stopped.`)), ms);
  let timer = expire(budgets.startMs, 'wrote nothing to stdout');
  const peer = createPeer(open, {
    server: name,
    version: options.version,
    warn: createWarnings(options.log, name),
    active: () => {
      if (ready || budget.signal.aborted) return;
      clearTimeout(timer);
      timer = expire(budgets.handshakeMs, 'did not finish the handshake');
    },
    notified: (message: NotificationMessage) => {
      if (message.method === 'notifications/tools/list_changed') options.toolsChanged();
    },
    closed: (error) => {
      if (ready) options.closed(error);
    },
  });
  try {
    const facts = await shakeHands(peer, {
      server: name,
      version: options.version,
      known,
      probeMs: budgets.probeMs,
      signal: AbortSignal.any([budget.signal, signal]),
    });
    ready = true;
    return { peer, facts };
  } catch (error) {
    const ended = peer.closed;
    await peer.close(unavailable(name, 'was not connected.'));
    if (ended === undefined) throw error;
    throw unavailable(name, ended.message.replace(`Server "${name}" `, ''), {
      cause: ended.cause,
      data: { ended: ended.cause === undefined ? 'in handshake' : 'not started' },
    });
  } finally {
    clearTimeout(timer);
  }
}
