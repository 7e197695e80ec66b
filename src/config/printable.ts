/** Names out of files that somebody else may have written, made safe for a terminal and a log. */

// Control characters, line and paragraph separators, bidirectional marks and overrides, byte-order mark, lone surrogates.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu;

/** The text with everything that could move the cursor or reorder the line written as `\u....`. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A name in quotes, printable, cut after `max` characters. */
export function quote(text: string, max = 80): string {
  const shown = text.length > max ? `${text.slice(0, max)}...` : text;
  return `"${printable(shown.replaceAll('"', '\\"'))}"`;
}
