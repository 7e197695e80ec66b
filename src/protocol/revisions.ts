/** The revisions of the protocol that the gateway speaks, newest first, and what only an era knows. */
import { foldCase } from './fold-case.ts';

export type Era = 'legacy' | 'modern';

/** Revisions that start with `initialize` and have sessions over HTTP. */
export const LEGACY_REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
/** Revisions whose requests carry their version and capabilities in `_meta`. */
export const MODERN_REVISIONS = ['2026-07-28'] as const;

export const LATEST_LEGACY: string = LEGACY_REVISIONS[0];
export const LATEST_MODERN: string = MODERN_REVISIONS[0];
/** The revision of a request without `MCP-Protocol-Version` (2025-11-25, transports, Protocol Version Header). */
export const UNDECLARED_REVISION = '2025-03-26';

export function isLegacy(revision: string): boolean {
  return (LEGACY_REVISIONS as readonly string[]).includes(revision);
}

export function isModern(revision: string): boolean {
  return (MODERN_REVISIONS as readonly string[]).includes(revision);
}

/** Only 2025-03-26 has JSON-RPC batches. */
export function hasBatches(revision: string): boolean {
  return revision === '2025-03-26';
}

/** Prefix of the `_meta` keys that each hop writes anew (2026-07-28, basic/index#meta). */
export const META_PREFIX = 'io.modelcontextprotocol/';
export const META_VERSION = `${META_PREFIX}protocolVersion`;
export const META_CLIENT_INFO = `${META_PREFIX}clientInfo`;
export const META_CLIENT_CAPABILITIES = `${META_PREFIX}clientCapabilities`;
export const META_LOG_LEVEL = `${META_PREFIX}logLevel`;
export const META_SUBSCRIPTION = `${META_PREFIX}subscriptionId`;
export const META_SERVER_INFO = `${META_PREFIX}serverInfo`;
/** Only in 2025-11-25. */
export const META_RELATED_TASK = `${META_PREFIX}related-task`;

/** Fields of `_meta` that each hop writes anew, so that they never cross the gateway, however they are spelled. */
export function isHopByHopMeta(key: string): boolean {
  if (key === 'progressToken' || key.startsWith(META_PREFIX)) return true;
  const folded = foldCase(key);
  return folded === 'progresstoken' || folded.startsWith(META_PREFIX);
}

/** Fields of `_meta` that say what a request is a part of (SEP-414): a hop with spans of its own writes its own. */
export function isTraceMeta(key: string): boolean {
  return key === 'traceparent' || key === 'tracestate';
}

/** Fields of a result that never cross the gateway, likewise. */
export function isHopByHopResult(key: string): boolean {
  return (key.length === 5 || key.length === 10) && HOP_BY_HOP_RESULT.has(foldCase(key));
}

const HOP_BY_HOP_RESULT: ReadonlySet<string> = new Set(['resulttype', 'ttlms', 'cachescope']);
