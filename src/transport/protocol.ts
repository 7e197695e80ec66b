/** What the gateway answers to each method, in either era. Transports add framing, sessions and HTTP statuses. */

import { toolsListOutcome } from '../pipeline/list.ts';
import type { PipelineParts } from '../pipeline/parts.ts';
import { callTool } from '../pipeline/tool-call.ts';
import type { Connection, Outcome } from '../pipeline/types.ts';
import {
  type CallerCodec,
  errorText,
  legacyCodec,
  modernCodec,
  notificationText,
  ownResult,
} from '../protocol/codec.ts';
import { parsedValue, type RequestMessage, stringValue } from '../protocol/messages.ts';
import {
  isLegacy,
  isModern,
  LATEST_LEGACY,
  LEGACY_REVISIONS,
  META_CLIENT_CAPABILITIES,
  META_VERSION,
  MODERN_REVISIONS,
} from '../protocol/revisions.ts';
import { findMember, type ScannedObject } from '../protocol/scan.ts';
import { CATALOGUE, type ErrorCode } from '../shared/errors.ts';

/** An answer as text, and the HTTP status that a 2026-07-28 caller gets with it. */
export interface Answer {
  readonly text: string;
  readonly status: number;
}

/** What a request in flight has from its transport. */
export interface Exchange {
  readonly connection: Connection;
  /** Aborted when the caller cancels, or when it is gone and its era says that this cancels. */
  readonly signal: AbortSignal;
  /** Sends a notification that belongs to this request. */
  notify(text: string): void;
}

export interface Protocol {
  /** Answers `initialize`; `revision` is undefined where it was refused. */
  initialize(request: RequestMessage): Answer & { readonly revision: string | undefined };
  legacy(request: RequestMessage, exchange: Exchange): Promise<Answer>;
  modern(request: RequestMessage, exchange: Exchange): Promise<Answer>;
}

/** How long a client may keep what `server/discover` says, in milliseconds. */
const DISCOVER_TTL_MS = 3_600_000;
const CAPABILITIES = { tools: {} };

export function createProtocol(
  parts: PipelineParts,
  serverInfo: { readonly name: string; readonly version: string },
): Protocol {
  const modern = modernCodec(serverInfo);
  const toolsList = toolsListOutcome(parts.tools.values());
  const discover: Outcome = {
    kind: 'result',
    body: ownResult({ supportedVersions: MODERN_REVISIONS, capabilities: CAPABILITIES }),
    cache: { ttlMs: DISCOVER_TTL_MS, cacheScope: 'private' },
  };

  const outcomeOf = (request: RequestMessage, exchange: Exchange): Promise<Outcome> | Outcome | undefined => {
    if (request.method === 'tools/list') return toolsList;
    if (request.method !== 'tools/call') return undefined;
    const { text, params } = request;
    return callTool(parts, {
      connection: exchange.connection,
      text,
      params,
      signal: exchange.signal,
      onProgress: progressOf(text, params, exchange),
    });
  };

  return {
    initialize(request) {
      const { id, text, params } = request;
      const wanted = findMember(params, 'protocolVersion');
      const requested = wanted === undefined ? undefined : stringValue(text, wanted);
      if (requested === undefined) {
        return {
          ...refusal(id, 'INVALID_PARAMS', 'initialize needs params.protocolVersion, a string.'),
          revision: undefined,
        };
      }
      const revision = isLegacy(requested) ? requested : LATEST_LEGACY;
      const body = ownResult({ protocolVersion: revision, capabilities: CAPABILITIES, serverInfo });
      return { text: legacyCodec.result(id, body), status: 200, revision };
    },
    async legacy(request, exchange) {
      if (request.method === 'ping') return { text: legacyCodec.result(request.id, ownResult({})), status: 200 };
      const outcome = await outcomeOf(request, exchange);
      return outcome === undefined ? unknownMethod(request) : written(request, outcome, legacyCodec);
    },
    async modern(request, exchange) {
      const refused = checkMeta(request);
      if (refused !== undefined) return refused;
      const outcome = request.method === 'server/discover' ? discover : await outcomeOf(request, exchange);
      return outcome === undefined ? unknownMethod(request) : written(request, outcome, modern);
    },
  };
}

/**
 * The revision that a request declares in its `_meta`; undefined where it declares none, which makes it a legacy one
 * (2026-07-28, basic/versioning, Backward Compatibility). A value that is not a string counts as declared, as `''`.
 */
export function declaredRevision({ text, params }: RequestMessage): string | undefined {
  const member = findMember(metaOf(params), META_VERSION);
  return member === undefined ? undefined : (stringValue(text, member) ?? '');
}

/** An error of the protocol, as an answer. */
export function refusal(id: string, code: ErrorCode, message: string, data?: string): Answer {
  const entry = CATALOGUE[code];
  return { text: errorText(id, entry.rpc, message, data), status: entry.http };
}

/** @returns a refusal where a required field is missing or the revision is not spoken here (2026-07-28, basic/index#meta). */
function checkMeta(request: RequestMessage): Answer | undefined {
  const { id, text, params } = request;
  const revision = declaredRevision(request);
  if (revision === undefined || revision === '') {
    return refusal(id, 'INVALID_PARAMS', `params._meta needs ${META_VERSION}, a string.`);
  }
  if (!isModern(revision)) {
    const data = JSON.stringify({ supported: [...MODERN_REVISIONS, ...LEGACY_REVISIONS], requested: revision });
    return refusal(
      id,
      'UNSUPPORTED_PROTOCOL_VERSION',
      'Unsupported protocol version: retry with a supported one.',
      data,
    );
  }
  const capabilities = findMember(metaOf(params), META_CLIENT_CAPABILITIES);
  if (capabilities === undefined || text.charAt(capabilities.start) !== '{') {
    return refusal(id, 'INVALID_PARAMS', `params._meta needs ${META_CLIENT_CAPABILITIES}, an object.`);
  }
  return undefined;
}

function metaOf(params: ScannedObject | undefined): ScannedObject | undefined {
  return findMember(params, '_meta')?.object;
}

/** Progress goes back under the caller's own token, as that exact text. */
function progressOf(
  text: string,
  params: ScannedObject | undefined,
  exchange: Exchange,
): Exchange['notify'] | undefined {
  const member = findMember(metaOf(params), 'progressToken');
  const value = parsedValue(text, member);
  if (member === undefined || !(typeof value === 'string' || Number.isInteger(value))) return undefined;
  const token = text.slice(member.start, member.end);
  return (inner) => exchange.notify(notificationText('notifications/progress', `"progressToken":${token},${inner}`));
}

function unknownMethod(request: RequestMessage): Answer {
  return refusal(request.id, 'METHOD_NOT_FOUND', `Method not found: ${request.method.slice(0, 128)}`);
}

function written(request: RequestMessage, outcome: Outcome, codec: CallerCodec): Answer {
  if (outcome.kind === 'result') return { text: codec.result(request.id, outcome.body, outcome.cache), status: 200 };
  return { text: errorText(request.id, outcome.code, outcome.message, outcome.data), status: 200 };
}
