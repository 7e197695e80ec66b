/**
 * Agrees with a server on how to speak. `server/discover` tells modern servers from legacy ones (2026-07-28,
 * basic/versioning, Backward Compatibility); whatever is not recognisably modern gets `initialize`.
 */

import type { ResponseMessage } from '../../protocol/json-rpc.ts';
import { parsedValue } from '../../protocol/members.ts';
import { dropNulls } from '../../protocol/nulls.ts';
import {
  type Era,
  isLegacy,
  isModern,
  LATEST_LEGACY,
  LATEST_MODERN,
  META_SERVER_INFO,
} from '../../protocol/revisions.ts';
import { Canceller, type CancelSignal, follow } from '../../shared/cancel.ts';
import { CATALOGUE, GatewayError } from '../../shared/errors.ts';
import { quoted } from '../../shared/quote-text.ts';
import { within } from '../../shared/wait-for.ts';
import { isOldTransport, refusedStatus } from '../channel/http-refusal.ts';
import type { ServerFacts } from '../contract.ts';
import { isWithoutEffect, unavailable } from '../failures.ts';
import { initializeParams } from './envelope.ts';
import type { JsonRpcPeer } from './json-rpc-peer.ts';
import { readReply } from './response-text.ts';

type Discovery =
  | { readonly kind: 'modern'; readonly facts: ServerFacts }
  | { readonly kind: 'legacy' }
  /** Of revisions that the gateway does not know; it may understand `initialize` all the same. */
  | { readonly kind: 'foreign'; readonly supported: readonly string[] }
  /** It wants a credential, perhaps for everything, perhaps only for what it does not know. */
  | { readonly kind: 'closed'; readonly error: unknown };

const UNSUPPORTED_VERSION = CATALOGUE.UNSUPPORTED_PROTOCOL_VERSION.rpc;

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function strings(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

/** Characters that a server may say of itself: all of it is kept as long as the connection. */
const MAX_INTRODUCTION = 1024 * 1024;

/** Reads what the answer to `server/discover` says about the server's era. */
export function readDiscovery(message: ResponseMessage): Discovery {
  if (message.text.length > MAX_INTRODUCTION) return { kind: 'legacy' };
  if (message.error !== undefined) {
    const error = fields(parsedValue(message.text, message.error));
    const supported = strings(fields(error?.data)?.supported);
    if (error?.code !== UNSUPPORTED_VERSION || supported === undefined) return { kind: 'legacy' };
    return othersThan(supported);
  }
  const result = fields(parsedValue(message.text, message.result));
  const supported = strings(result?.supportedVersions);
  if (result === undefined || supported === undefined || result.capabilities === undefined) return { kind: 'legacy' };
  const revision = supported.find(isModern);
  if (revision === undefined) return othersThan(supported);
  const info = fields(fields(result._meta)?.[META_SERVER_INFO]) ?? fields(result.serverInfo);
  return { kind: 'modern', facts: readFacts('modern', revision, info, result, message) };
}

/** Classifies a server whose revisions do not include the modern one of the gateway. */
function othersThan(supported: readonly string[]): Discovery {
  return supported.length === 0 || supported.some(isLegacy) ? { kind: 'legacy' } : { kind: 'foreign', supported };
}

/** True for a refusal that names a revision that the gateway speaks: then it asks again (2026-07-28, basic/versioning). */
export function offersModern({ text: message, error }: ResponseMessage): boolean {
  const refusal = fields(parsedValue(message, error));
  const supported = strings(fields(refusal?.data)?.supported);
  return refusal?.code === UNSUPPORTED_VERSION && supported?.some(isModern) === true;
}

/** Reads the answer to `initialize`. @returns a sentence where it is unusable */
export function readInitialized(message: ResponseMessage): ServerFacts | string {
  if (message.error !== undefined) {
    const error = fields(parsedValue(message.text, message.error));
    const reason = text(error?.message);
    const said = reason === undefined ? 'no reason given' : quoted(reason, 300);
    return `refused to initialize: ${said} (${typeof error?.code === 'number' ? error.code : 'no code'}).`;
  }
  if (message.text.length > MAX_INTRODUCTION) return 'says more than 1 MiB of itself in its answer to initialize.';
  const result = fields(parsedValue(message.text, message.result));
  const revision = text(result?.protocolVersion);
  if (result === undefined || revision === undefined) return 'answered initialize without a protocolVersion.';
  if (!isLegacy(revision)) return `speaks revision ${quoted(revision, 20)}, which the gateway does not.`;
  return readFacts('legacy', revision, fields(result.serverInfo), result, message);
}

function readFacts(
  era: Era,
  revision: string,
  info: Fields | undefined,
  result: Fields,
  message: ResponseMessage,
): ServerFacts {
  const { instructions, capabilities } = result;
  const reply = readReply(message, era === 'legacy' ? 'initialize' : 'server/discover');
  return {
    era,
    revision,
    name: text(info?.name),
    version: text(info?.version),
    info: info ?? {},
    instructions: text(instructions),
    capabilities: fields(dropNulls(capabilities)) ?? {},
    text: reply.ok ? reply.result.text : '{}',
  };
}

interface HandshakeOptions {
  readonly server: string;
  /** Version of the gateway. */
  readonly version: string;
  /** Client capabilities that `initialize` offers: JSON text. */
  readonly capabilities: string;
  /** The era that an earlier connection found out. */
  readonly knownEra: Era | undefined;
  /** Milliseconds of silence after which a server is taken for legacy. */
  readonly probeMs: number;
  /** True where a probe that was never answered has to be ended, since it keeps a connection (HTTP). */
  readonly endsProbe: boolean;
  readonly signal: CancelSignal;
}

/**
 * Runs the handshake; the peer speaks the agreed revision afterwards.
 * @throws GatewayError SERVER_UNAVAILABLE, or the reason of the signal.
 */
export async function shakeHands(peer: JsonRpcPeer, options: HandshakeOptions): Promise<ServerFacts> {
  return options.knownEra === 'legacy' ? initializeFirst(peer, options) : probeFirst(peer, options);
}

/** For a server that spoke a 2025 revision before. */
async function initializeFirst(peer: JsonRpcPeer, options: HandshakeOptions): Promise<ServerFacts> {
  const facts = await initialize(peer, options);
  if (typeof facts !== 'string') return facts;
  const discovery = await discover(peer, options);
  if (discovery.kind === 'modern') return accept(peer, discovery.facts);
  throw unavailable(options.server, facts);
}

async function probeFirst(peer: JsonRpcPeer, options: HandshakeOptions): Promise<ServerFacts> {
  const probeCanceller = new Canceller();
  const unfollow = follow(probeCanceller, options.signal);
  try {
    const probe = discover(peer, { ...options, signal: probeCanceller });
    const isPatient = options.knownEra === 'modern';
    const discovery = await orSilence(probe, isPatient ? Number.POSITIVE_INFINITY : options.probeMs);
    if (discovery?.kind === 'modern') return accept(peer, discovery.facts);
    const outcome = await initialize(peer, options).catch((error: unknown) => ({ error }));
    if (typeof outcome === 'object' && 'era' in outcome) return outcome;
    // A modern server that was slow to start may still answer the probe.
    const answer = discovery ?? (await orSilence(probe, options.probeMs).catch(() => undefined));
    if (answer?.kind === 'modern') return accept(peer, answer.facts);
    const failure = typeof outcome === 'string' ? unavailable(options.server, outcome) : outcome.error;
    throw options.signal.aborted ? failure : explainedBy(answer, options.server, failure);
  } finally {
    unfollow();
    if (options.endsProbe) probeCanceller.abort();
  }
}

/** The failure of `initialize`, or what the server said of itself before, where that says more. */
function explainedBy(discovery: Discovery | undefined, server: string, failure: unknown): unknown {
  if (discovery?.kind === 'closed') return discovery.error;
  return discovery?.kind === 'foreign' ? foreign(server, discovery.supported) : failure;
}

function accept(peer: JsonRpcPeer, facts: ServerFacts): ServerFacts {
  peer.speak(facts.revision);
  return facts;
}

function foreign(server: string, supported: readonly string[]): GatewayError {
  const list = quoted(supported.slice(0, 5).join(', '), 100);
  return unavailable(server, `speaks only revisions that the gateway does not (${list}).`);
}

async function discover(peer: JsonRpcPeer, { knownEra, signal }: HandshakeOptions): Promise<Discovery> {
  peer.speak(LATEST_MODERN);
  const call = { timeoutMs: Number.POSITIVE_INFINITY, cancellable: false, signal };
  try {
    const answer = await peer.call('server/discover', '', call);
    // Once: a server that refuses what it says it supports is not asked for ever.
    return readDiscovery(offersModern(answer) ? await peer.call('server/discover', '', call) : answer);
  } catch (error) {
    if (peer.closeReason !== undefined || signal.aborted) throw error;
    if (knownEra === undefined && wantsCredential(error)) return { kind: 'closed', error };
    if (saysNothing(error)) throw error;
    // A server that spoke it before may be out of order; an answer of any other kind would have said so.
    if (knownEra === 'modern' && (refusedStatus(error) ?? 500) >= 500) throw error;
    return { kind: 'legacy' };
  }
}

function wantsCredential(error: unknown): boolean {
  return refusedStatus(error) === 401 || (error instanceof GatewayError && error.code === 'AUTH_REQUIRED');
}

/** Statuses that say nothing about the era: a credential is missing, or too many requests. */
const NO_ERA: ReadonlySet<unknown> = new Set([401, 407, 429]);

/**
 * True for a failure that tells nothing of how a server speaks: it did not get the request, wants a credential first, or is busy.
 * Any other is the answer of somebody who does not know the request.
 */
export function saysNothing(error: unknown): boolean {
  if (!(error instanceof GatewayError) || error.code !== 'SERVER_UNAVAILABLE') return true;
  const status = refusedStatus(error);
  if (error.data?.['retryAfterMs'] !== undefined) return true;
  return status === undefined ? isWithoutEffect(error) || isOldTransport(error) : NO_ERA.has(status);
}

/**
 * Initializes again after a session was lost; what is sent meanwhile still speaks the old revision.
 * @throws GatewayError SERVER_UNAVAILABLE, or the reason of the signal.
 */
export async function initializeAgain(
  peer: JsonRpcPeer,
  options: Omit<HandshakeOptions, 'knownEra' | 'probeMs' | 'endsProbe'>,
  revision: string,
): Promise<ServerFacts> {
  const facts = await initialize(peer, options, revision);
  if (typeof facts === 'string') throw unavailable(options.server, facts);
  return facts;
}

async function initialize(
  peer: JsonRpcPeer,
  { signal, version, capabilities }: Pick<HandshakeOptions, 'signal' | 'version' | 'capabilities'>,
  meanwhile?: string,
): Promise<ServerFacts | string> {
  peer.speak(undefined);
  const params = initializeParams(LATEST_LEGACY, version, capabilities);
  const call = { timeoutMs: Number.POSITIVE_INFINITY, cancellable: false, signal };
  const answer = peer.call('initialize', params, call);
  if (meanwhile !== undefined) peer.speak(meanwhile);
  const facts = readInitialized(await answer);
  if (typeof facts === 'string') return facts;
  peer.speak(facts.revision);
  peer.notify('notifications/initialized', '');
  return facts;
}

/** The value of a promise, or undefined when it takes longer than `ms`. */
function orSilence<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  if (!Number.isFinite(ms)) return promise;
  // Its failure ends the handshake through the peer; nobody may be waiting for it any more.
  promise.catch(() => undefined);
  return within(promise, ms);
}
