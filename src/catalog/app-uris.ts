/** MCP Apps: which page a tool names in `_meta`, and where in its definition that stands. */

import { readObject } from '../protocol/json-rpc.ts';
import { findMember, type Member, stringValue } from '../protocol/members.ts';

interface AppUri {
  readonly uri: string;
  /** Offsets of its JSON string in the definition. */
  readonly start: number;
  readonly end: number;
}

/** `_meta.ui.resourceUri`, and the member of older servers (`_meta["ui/resourceUri"]`); in the order of the text. */
export function appUrisOf(definition: string): readonly AppUri[] {
  if (!definition.includes('esourceUri')) return [];
  const meta = findMember(readObject(definition, { _meta: { ui: {} } }), '_meta')?.object;
  const members = [findMember(findMember(meta, 'ui')?.object, 'resourceUri'), findMember(meta, 'ui/resourceUri')];
  return members.flatMap((member) => readUri(definition, member)).sort((a, b) => a.start - b.start);
}

function readUri(definition: string, member: Member | undefined): AppUri[] {
  const uri = stringValue(definition, member);
  return member === undefined || uri === undefined ? [] : [{ uri, start: member.start, end: member.end }];
}
