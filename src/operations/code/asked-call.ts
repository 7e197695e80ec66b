/** Reads what a program asks for: a text of the sandbox, which a program can make what it likes. */
import { readObject } from '../../protocol/json-rpc.ts';
import { findMember, stringValue } from '../../protocol/members.ts';
import type { Asked } from './thread-messages.ts';

export interface WantedCall {
  readonly what: Asked;
  /** JSON text of an object. */
  readonly text: string;
  /** Empty for what is about none. */
  readonly server: string;
  readonly tool: string;
  /** For people. */
  readonly label: string;
}

/** Undefined where the text is no object. */
export function readAsked(what: Asked, text: string): WantedCall | undefined {
  const object = readObject(text);
  if (object === undefined) return undefined;
  const name = (key: string): string => stringValue(text, findMember(object, key)) ?? '';
  const [server, tool] = [name('server'), name('tool')];
  return { what, text, server, tool, label: what === 'search' ? 'search_tools' : `${server} ${tool}` };
}
