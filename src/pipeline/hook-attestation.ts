import { findMember, stringValue } from '../protocol/members.ts';
import type { Inbound } from './caller.ts';

/**
 * The key under which Claude Code writes the id of the tool use that a call belongs to. It is no identity: it only finds what a hook, which
 * the client ran and no model, attested about that tool use.
 */
const TOOL_USE_ID = 'claudecode/toolUseId';

/** The request with the connection of the agent that a hook attested for it. Once per request: attestations are good once. */
export function attested(inbound: Inbound): Inbound | Promise<Inbound> {
  const { attest } = inbound.connection;
  if (attest === undefined) return inbound;
  const id = stringValue(inbound.text, findMember(findMember(inbound.params, '_meta')?.object, TOOL_USE_ID));
  if (id === undefined) return inbound;
  const connection = attest(id);
  return connection instanceof Promise
    ? connection.then((found) => ({ ...inbound, connection: found }))
    : { ...inbound, connection };
}
