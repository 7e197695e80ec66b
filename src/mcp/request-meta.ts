/** The metadata of a request: its revision, its capabilities, its progress token. */

import { notificationText } from '../protocol/era-codec.ts';
import type { RequestMessage } from '../protocol/json-rpc.ts';
import { findMember, type Member, parsedValue, type ScannedObject, stringValue } from '../protocol/members.ts';
import {
  isLegacy,
  isModern,
  LATEST_LEGACY,
  META_CLIENT_CAPABILITIES,
  META_CLIENT_INFO,
  META_VERSION,
  MODERN_REVISIONS,
} from '../protocol/revisions.ts';
import type { ClientInfo } from './connected-clients.ts';
import { type McpResponse, refusal } from './response.ts';

/** The revision that `initialize` agrees on: the one asked for where it is spoken here, the newest otherwise. */
export function revisionOf({ text, params }: RequestMessage): string | undefined {
  const requested = stringValue(text, findMember(params, 'protocolVersion'));
  return requested === undefined || isLegacy(requested) ? requested : LATEST_LEGACY;
}

/**
 * The revision that a request declares in its `_meta`; undefined where it declares none, which makes it a legacy one
 * (2026-07-28, basic/versioning, Backward Compatibility). A value that is not a string counts as declared, as `''`.
 */
export function declaredRevision({ text, params }: RequestMessage): string | undefined {
  const member = findMember(metaOf(params), META_VERSION);
  return member === undefined ? undefined : (stringValue(text, member) ?? '');
}

/** @returns a refusal where a required field is missing or the revision is not spoken here (2026-07-28, basic/index#meta). */
export function checkMeta(request: RequestMessage): McpResponse | undefined {
  const { id, text, params } = request;
  const revision = declaredRevision(request);
  if (revision === undefined || revision === '') {
    return refusal(id, 'INVALID_PARAMS', `params._meta needs ${META_VERSION}, a string.`);
  }
  if (!isModern(revision)) {
    const data = JSON.stringify({ supported: MODERN_REVISIONS, requested: revision });
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
  return checkCapabilities(id, text.slice(capabilities.start, capabilities.end));
}

/** Connections and lists are kept for each set of capabilities, so they must not be long. */
const MAX_CAPABILITIES = 16 * 1024;

/** @returns a refusal where more is declared than any client has. */
export function checkCapabilities(id: string, declared: string | undefined): McpResponse | undefined {
  if (declared === undefined || declared.length <= MAX_CAPABILITIES) return undefined;
  const message = `The capabilities are longer than ${MAX_CAPABILITIES} characters: declare fewer.`;
  return refusal(id, 'INVALID_PARAMS', message);
}

/** The name in a `clientInfo`; undefined where there is none. */
export function introducedName(text: string, info: Member | undefined): string | undefined {
  const value = parsedValue(text, info);
  const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** The name and version in a `clientInfo`; nothing where there is none. */
export function introducedClient(text: string, info: Member | undefined): ClientInfo {
  const value = parsedValue(text, info);
  const textAt = (key: string): string | undefined => {
    const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
    return typeof found === 'string' ? found : undefined;
  };
  return { name: textAt('name'), version: textAt('version') };
}

/** The `clientInfo` of a request of 2026-07-28. */
export function declaredClient({ text, params }: RequestMessage): ClientInfo {
  return introducedClient(text, findMember(metaOf(params), META_CLIENT_INFO));
}

/** Sends progress back under the caller's own token, as that exact text; undefined where it asked for none. */
export function progressOf(
  { text, params }: RequestMessage,
  notify: (text: string) => void,
): ((params: string) => void) | undefined {
  const member = findMember(metaOf(params), 'progressToken');
  const value = parsedValue(text, member);
  if (member === undefined || !(typeof value === 'string' || Number.isInteger(value))) return undefined;
  const token = text.slice(member.start, member.end);
  return (inner) => notify(notificationText('notifications/progress', `"progressToken":${token},${inner}`));
}

function metaOf(params: ScannedObject | undefined): ScannedObject | undefined {
  return findMember(params, '_meta')?.object;
}
