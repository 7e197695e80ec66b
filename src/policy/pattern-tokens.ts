/**
 * The syntax of patterns: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`, without an escape character. Read as Python's `fnmatch` does,
 * because existing rules were written for it:
 * - a `[` that no `]` closes stands for itself, and what follows it is read as usual;
 * - `]` right after `[` or `[!` belongs to the class, so `[]]` is the class of `]`, and `[[]` of `[`;
 * - `-` first or last in a class stands for itself; `^` is an ordinary character;
 * - a range that runs backwards (`[z-a]`) is empty: alone it matches nothing, negated (`[!z-a]`) any character.
 */

/** Code points, as pairs of first and last; `?` is the negation of no range at all. */
export interface CharacterClass {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [number, number])[];
}

/** A code point, a class, or any run of characters. */
export type Token = number | CharacterClass | '*';

/** The meaning of a pattern, and what in it is probably not meant. */
interface ParsedPattern {
  readonly tokens: readonly Token[];
  /** Index, in characters, of a `[` that nothing closes. */
  readonly unclosedAt: number | undefined;
  /** A range that runs backwards, as written. */
  readonly backwards: string | undefined;
}

const ANY_CHARACTER: CharacterClass = { negated: true, ranges: [] };

/** Reads a pattern; every text is one. Neighbouring `*` become one, so that matching does not pay for them. */
export function parsePattern(source: string): ParsedPattern {
  const characters = Array.from(source);
  const tokens: Token[] = [];
  let unclosedAt: number | undefined;
  let backwards: string | undefined;
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at];
    if (character === '*') {
      if (tokens.at(-1) !== '*') tokens.push('*');
    } else if (character === '?') {
      tokens.push(ANY_CHARACTER);
    } else if (character === '[') {
      const end = endOfClass(characters, at);
      if (end === undefined) {
        unclosedAt ??= at;
        tokens.push(codePoint(character));
        continue;
      }
      const parsed = parseClass(characters.slice(at + 1, end));
      backwards ??= parsed.backwards;
      tokens.push(parsed);
      at = end;
    } else {
      tokens.push(codePoint(character));
    }
  }
  return { tokens, unclosedAt, backwards };
}

/** Index of the `]` that closes the class opened at `open`. */
function endOfClass(characters: readonly string[], open: number): number | undefined {
  let at = open + 1;
  if (characters[at] === '!') at++;
  const end = characters.indexOf(']', at + 1);
  return end < 0 ? undefined : end;
}

function parseClass(inner: readonly string[]): CharacterClass & { backwards: string | undefined } {
  const negated = inner[0] === '!';
  const ranges: [number, number][] = [];
  let backwards: string | undefined;
  for (let at = negated ? 1 : 0; at < inner.length; at++) {
    const first = inner[at];
    const last = inner[at + 1] === '-' ? inner[at + 2] : undefined;
    const low = codePoint(first);
    const high = last === undefined ? low : codePoint(last);
    if (low <= high) ranges.push([low, high]);
    else backwards ??= `${first}-${last}`;
    if (last !== undefined) at += 2;
  }
  return { negated, ranges, backwards };
}

function codePoint(character: string | undefined): number {
  return character?.codePointAt(0) ?? 0;
}
