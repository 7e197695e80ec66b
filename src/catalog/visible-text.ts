/** Definitions without the characters that nobody sees, as agents get them. What was hashed and decided on stays what the server wrote. */
import { unseenIn, withoutUnseen } from '../shared/unseen.ts';

/** JSON of printable ASCII without escapes by number: nothing in it is unseen. */
const PLAIN = /^[\t\n\r -~]*$/;

/**
 * JSON text whose strings have no unseen characters, names of parameters included: what says something only to a model says it
 * nowhere. The same text where there is nothing to leave out.
 * @param kept value of a string that stays as it is: what the definition is called by
 */
export function visibleJson(text: string, kept?: string): string {
  if (PLAIN.test(text) && !text.includes('\\u')) return text;
  const parts: string[] = [];
  let from = 0;
  let open = text.indexOf('"');
  while (open >= 0) {
    const end = endOfString(text, open);
    const visible = visibleString(text.slice(open, end), kept);
    if (visible !== undefined) {
      parts.push(text.slice(from, open), visible);
      from = end;
    }
    open = text.indexOf('"', end);
  }
  return from === 0 ? text : parts.join('') + text.slice(from);
}

/** @returns the literal anew, undefined where it may stay. */
function visibleString(literal: string, kept: string | undefined): string | undefined {
  if (PLAIN.test(literal) && !literal.includes('\\u')) return undefined;
  const text = JSON.parse(literal) as string;
  if (text === kept || unseenIn(text).length === 0) return undefined;
  return JSON.stringify(withoutUnseen(text));
}

/** The offset after the closing quote. */
function endOfString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at + 1;
  }
  return text.length;
}
