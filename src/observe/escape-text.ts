/** Text by others, made harmless for whoever reads the line in a terminal or an editor. */

// C1 controls and DEL, bidirectional marks, overrides and isolates (Unicode UAX 9), line and paragraph separators, byte-order
// mark. C0 controls and lone surrogates are not listed: JSON.stringify escapes them already.
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Most text by far. */
const PLAIN = /^[ -~]*$/;

/** JSON text in which no character moves a cursor or reorders a line: those stand as `\u....`, with the same meaning. */
export function escapeJson(json: string): string {
  if (PLAIN.test(json)) return json;
  return json.replace(UNSAFE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Plain text on one line, every unsafe character visible as its JSON escape. */
export function escapeText(text: string): string {
  return escapeJson(JSON.stringify(text)).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}

/** The same for text of several lines: its line ends and tabs stay. */
export function escapeLines(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .split(/(\r?\n|\t)/)
    .map((part, at) => (at % 2 === 0 ? escapeText(part) : part))
    .join('');
}
