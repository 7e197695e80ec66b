/** Strings in a text that is JSON, or looks like it. Linear. */

const QUOTE = '"';
const BACKSLASH = 0x5c;
const SPACE = 0x20;

interface EscapedString {
  readonly start: number;
  readonly end: number;
  /** The text between its quotes. */
  readonly raw: string;
}

/** The strings with escapes, names of members aside, in a text that may be JSON or anything else. */
export function* escapedStrings(text: string): Generator<EscapedString> {
  for (let open = text.indexOf(QUOTE); open >= 0; ) {
    const close = closingQuoteOf(text, open);
    if (close < 0) return;
    const raw = text.slice(open + 1, close);
    if (raw.includes('\\') && isWellFormed(raw) && !isKey(text, close + 1)) yield { start: open, end: close + 1, raw };
    open = text.indexOf(QUOTE, close + 1);
  }
}

/** The place of the quote that ends the string; -1 where none does. */
export function closingQuoteOf(json: string, open: number): number {
  let at = json.indexOf(QUOTE, open + 1);
  for (; at >= 0; at = json.indexOf(QUOTE, at + 1)) {
    let slashes = 0;
    while (at - 1 - slashes > open && json.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) break;
  }
  return at;
}

/** True if what ends here is followed by a colon. */
export function isKey(json: string, from: number): boolean {
  let at = from;
  while (at < json.length && json.charCodeAt(at) <= SPACE) at++;
  return json.charAt(at) === ':';
}

const ESCAPE = /["\\/bfnrt]|u[0-9A-Fa-f]{4}/y;

/** True for the text of a JSON string. */
function isWellFormed(raw: string): boolean {
  for (let at = 0; at < raw.length; at++) {
    const code = raw.charCodeAt(at);
    if (code < SPACE) return false;
    if (code !== BACKSLASH) continue;
    ESCAPE.lastIndex = at + 1;
    if (!ESCAPE.test(raw)) return false;
    at = ESCAPE.lastIndex - 1;
  }
  return true;
}
