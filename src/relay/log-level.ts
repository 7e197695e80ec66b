/** Log messages of servers: which of them a caller wants. */
import { readObject } from '../protocol/json-rpc.ts';
import { findMember, stringValue } from '../protocol/members.ts';
import type { Reply, ServerFacts, UpstreamConnection } from '../upstream/contract.ts';
import type { CallingClient } from './calling-client.ts';
import type { RelayRequest } from './relay-request.ts';

/** Severities of RFC 5424, least first (2025-11-25, server/utilities/logging). */
const LEVELS = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

export function isLogLevel(level: string): boolean {
  return LEVELS.includes(level);
}

/** True where a message of this severity is wanted by who asked for `least` and worse; an unknown severity is. */
export function isLoud(level: string, least: string): boolean {
  const at = LEVELS.indexOf(level);
  return at < 0 || at >= LEVELS.indexOf(least);
}

/** The severity in the params of a `notifications/message`; `''` without one. */
export function levelOf(params: string): string {
  const text = `{${params}}`;
  return stringValue(text, findMember(readObject(text), 'level')) ?? '';
}

/** By what a connection said of itself: a link is made for every call, and a session that was renewed has no level yet. */
const levels = new WeakMap<ServerFacts, string>();

/** A 2025 server keeps one level per connection: it is told when this caller wants another one than the last. */
export function adoptLogLevel(
  { logLevel }: CallingClient,
  link: UpstreamConnection,
  { timeoutMs }: RelayRequest,
): Promise<Reply> | undefined {
  if (logLevel === undefined || levels.get(link.facts) === logLevel || link.facts.capabilities['logging'] === undefined)
    return undefined;
  levels.set(link.facts, logLevel);
  return link.request('logging/setLevel', `"level":${JSON.stringify(logLevel)}`, { timeoutMs });
}
