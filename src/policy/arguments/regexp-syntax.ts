/**
 * The syntax of RE2, as far as it is linear here: literals, `.`, classes, `\d \w \s`, `\b`, `^`, `$`, groups, `|`, `* + ? {n,m}`, and the flags
 * `(?i)` and `(?s)` at the beginning. There are no references back and no looks ahead.
 */
import { foldCase } from '../../protocol/fold-case.ts';
import type { CharacterClass } from '../pattern-tokens.ts';

export type Syntax =
  | { readonly kind: 'class'; readonly of: CharacterClass }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Syntax[] }
  | { readonly kind: 'repeat'; readonly part: Syntax; readonly least: number; readonly most: number }
  | { readonly kind: 'assert'; readonly what: '^' | '$' | 'b' | 'B' };

interface ParsedRegExp {
  readonly syntax: Syntax;
  /** Capitals count as small letters: texts are folded before they are matched, as the expression is. */
  readonly fold: boolean;
}

/** The end of a sentence about the expression. */
export class RegExpProblem extends Error {}

const MAX_REPEAT = 200;
const MAX_DEPTH = 50;
const WIDE = 1024;
const LAST = 0x10ffff;

export const WORD: CharacterClass = {
  negated: false,
  ranges: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
};
const CLASSES: ReadonlyMap<string, CharacterClass> = new Map([
  ['d', { negated: false, ranges: [[48, 57]] }],
  ['w', WORD],
  [
    's',
    {
      negated: false,
      ranges: [
        [9, 10],
        [12, 13],
        [32, 32],
      ],
    },
  ],
]);
const ESCAPES: ReadonlyMap<string, number> = new Map([
  ['n', 10],
  ['t', 9],
  ['r', 13],
  ['f', 12],
  ['v', 11],
]);

/** @throws RegExpProblem */
export function parseRegExp(source: string): ParsedRegExp {
  const flags = /^\(\?([is]+)\)/.exec(source);
  const fold = flags?.[1]?.includes('i') === true;
  const parser = new Parser(source.slice(flags?.[0].length ?? 0), fold, flags?.[1]?.includes('s') === true);
  return { syntax: parser.parse(), fold };
}

class Parser {
  readonly #characters: readonly string[];
  readonly #fold: boolean;
  readonly #dotAll: boolean;
  #at = 0;

  constructor(source: string, fold: boolean, dotAll: boolean) {
    this.#characters = Array.from(source);
    this.#fold = fold;
    this.#dotAll = dotAll;
  }

  parse(): Syntax {
    const syntax = this.#alternatives(0);
    if (this.#peek() !== undefined) throw new RegExpProblem('has a ")" too many');
    return syntax;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }

  #take(): string {
    const character = this.#characters[this.#at++];
    if (character === undefined) throw new RegExpProblem('ends too soon');
    return character;
  }

  #skip(text: string): boolean {
    const isThere = Array.from(text).every((character, offset) => this.#characters[this.#at + offset] === character);
    if (isThere) this.#at += text.length;
    return isThere;
  }

  #alternatives(depth: number): Syntax {
    if (depth > MAX_DEPTH) throw new RegExpProblem('is nested too deeply');
    const parts = [this.#sequence(depth)];
    while (this.#skip('|')) parts.push(this.#sequence(depth));
    return { kind: 'any', parts };
  }

  #sequence(depth: number): Syntax {
    const parts: Syntax[] = [];
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      parts.push(this.#repeated(this.#atom(depth)));
    }
    return { kind: 'all', parts };
  }

  #atom(depth: number): Syntax {
    const character = this.#take();
    switch (character) {
      case '(':
        return this.#group(depth);
      case '[':
        return { kind: 'class', of: this.#class() };
      case '.':
        return { kind: 'class', of: { negated: true, ranges: this.#dotAll ? [] : [[10, 10]] } };
      case '^':
      case '$':
        return { kind: 'assert', what: character };
      case '\\':
        return this.#escape();
      case '*':
      case '+':
      case '?':
      case '{':
        throw new RegExpProblem(
          `has a ${JSON.stringify(character)} with nothing to repeat; write it as "\\${character}"`,
        );
      default:
        return { kind: 'class', of: this.#classOf([[codeOf(character), codeOf(character)]], false) };
    }
  }

  #group(depth: number): Syntax {
    if (this.#peek() === '?' && !this.#skip('?:')) {
      throw new RegExpProblem(
        'has a group that is not linear here: only ( ) and (?: ) are, and (?i) and (?s) at the beginning',
      );
    }
    const syntax = this.#alternatives(depth + 1);
    if (!this.#skip(')')) throw new RegExpProblem('has a "(" that nothing closes');
    return syntax;
  }

  #escape(): Syntax {
    const character = this.#take();
    if (character === 'b' || character === 'B') return { kind: 'assert', what: character };
    return { kind: 'class', of: this.#escaped(character) };
  }

  #escaped(character: string): CharacterClass {
    const named = CLASSES.get(character.toLowerCase());
    if (named !== undefined) return character === character.toLowerCase() ? named : { ...named, negated: true };
    const code = ESCAPES.get(character) ?? (character === 'x' ? this.#hexadecimal() : codeOf(character));
    if (/[A-Za-z0-9]/.test(character) && character !== 'x' && !ESCAPES.has(character)) {
      throw new RegExpProblem(`has the escape "\\${character}", which is not linear or not known here`);
    }
    return this.#classOf([[code, code]], false);
  }

  #hexadecimal(): number {
    const rest = this.#characters.slice(this.#at, this.#at + 8).join('');
    const found = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest);
    if (found === null) throw new RegExpProblem('has "\\x" without a number');
    this.#at += found[0].length;
    return Math.min(LAST, Number.parseInt(found[1] ?? found[2] ?? '', 16));
  }

  #class(): CharacterClass {
    const negated = this.#skip('^');
    const ranges: [number, number][] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      const low = this.#member(ranges);
      if (low === undefined) continue;
      const isRange = this.#peek() === '-' && this.#characters[this.#at + 1] !== ']';
      if (isRange) this.#at++;
      const high = isRange ? this.#member([]) : low;
      if (high === undefined || high < low) throw new RegExpProblem('has a range that runs backwards');
      ranges.push([low, high]);
    }
    this.#at++;
    return this.#classOf(ranges, negated);
  }

  /** One character of a class; undefined where it was a class of its own, which is in the ranges then. */
  #member(ranges: [number, number][]): number | undefined {
    const character = this.#take();
    if (character === '[' && this.#peek() === ':')
      throw new RegExpProblem('has a class such as [:alpha:]; write its letters');
    if (character !== '\\') return codeOf(character);
    const { negated, ranges: escaped } = this.#escaped(this.#take());
    if (!negated && escaped.length === 1 && escaped[0]?.[0] === escaped[0]?.[1]) return escaped[0]?.[0];
    for (const [low, high] of negated ? complement(escaped) : escaped) ranges.push([low, high]);
    return undefined;
  }

  #classOf(ranges: readonly (readonly [number, number])[], negated: boolean): CharacterClass {
    if (!this.#fold) return { negated, ranges };
    const folded = ranges.flatMap(([low, high]): (readonly [number, number])[] => {
      if (high - low > WIDE) return [[low, high]];
      return Array.from({ length: high - low + 1 }, (_, offset) => {
        const code = codeOf(foldCase(String.fromCodePoint(low + offset)));
        return [code, code] as const;
      });
    });
    return { negated, ranges: [...ranges, ...folded] };
  }

  #repeated(part: Syntax): Syntax {
    let repeated = part;
    for (let next = this.#peek(); next === '*' || next === '+' || next === '?' || next === '{'; next = this.#peek()) {
      const [least, most] = this.#bounds(this.#take());
      repeated = { kind: 'repeat', part: repeated, least, most };
      // A lazy quantifier makes no difference to whether it matches.
      this.#skip('?');
    }
    return repeated;
  }

  #bounds(character: string): readonly [number, number] {
    if (character === '*') return [0, Number.POSITIVE_INFINITY];
    if (character === '+') return [1, Number.POSITIVE_INFINITY];
    if (character === '?') return [0, 1];
    const rest = this.#characters.slice(this.#at, this.#at + 10).join('');
    const found = /^(\d{1,3})(?:(,)(\d{0,3}))?\}/.exec(rest);
    if (found === null) throw new RegExpProblem('has a "{" without numbers; write it as "\\{"');
    this.#at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === '' ? Number.POSITIVE_INFINITY : Number(found[3]);
    if (least > MAX_REPEAT || most < least || (most > MAX_REPEAT && most !== Number.POSITIVE_INFINITY)) {
      throw new RegExpProblem(`repeats more than ${MAX_REPEAT} times, or backwards`);
    }
    return [least, most];
  }
}

function complement(ranges: CharacterClass['ranges']): (readonly [number, number])[] {
  const sorted = ranges.toSorted(([one], [other]) => one - other);
  const starts = [0, ...sorted.map(([, high]) => high + 1)];
  return starts
    .map((start, at) => [start, (sorted[at]?.[0] ?? LAST + 1) - 1] as const)
    .filter(([low, high]) => low <= high);
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
