/** Finds the statements of a TOML text. Only for texts that a parser has accepted. */

export interface Statement {
  readonly kind: 'table' | 'list' | 'pair';
  /** Keys of a header from the root, or of a pair from its table. */
  readonly keys: readonly string[];
  /** Offset of the line that it begins on. */
  readonly start: number;
  /** Offset behind its last character and the comment of its line. */
  readonly end: number;
  /** Offset of the value of a pair. */
  readonly value: number;
}

/** All statements in their order. */
export function statementsOf(text: string): Statement[] {
  const found: Statement[] = [];
  let at = 0;
  while (at < text.length) {
    const line = at;
    at = skipBlank(text, at);
    if (at >= text.length) break;
    if (text[at] === '\n' || text[at] === '#') {
      at = nextLine(text, at);
      continue;
    }
    if (text[at] === '[') {
      const kind = text[at + 1] === '[' ? 'list' : 'table';
      const { keys, end } = keysAt(text, at + (kind === 'list' ? 2 : 1));
      at = lineEnd(text, end);
      found.push({ kind, keys, start: line, end: at, value: at });
    } else {
      const { keys, end } = keysAt(text, at);
      const value = skipBlank(text, text.indexOf('=', end) + 1);
      at = lineEnd(text, valueEnd(text, value));
      found.push({ kind: 'pair', keys, start: line, end: at, value });
    }
    at = nextLine(text, at);
  }
  return found;
}

function skipBlank(text: string, at: number): number {
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\r') at++;
  return at;
}

function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

/** Before the line ending. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}

function keysAt(text: string, from: number): { keys: string[]; end: number } {
  const keys: string[] = [];
  let at = from;
  for (;;) {
    at = skipBlank(text, at);
    const quote = text[at];
    if (quote === '"' || quote === "'") {
      const end = stringEnd(text, at);
      const inner = text.slice(at + 1, end - 1);
      keys.push(quote === "'" ? inner : unescaped(inner));
      at = end;
    } else {
      const bare = /^[A-Za-z0-9_-]+/.exec(text.slice(at, at + 4096))?.[0] ?? '';
      keys.push(bare);
      at += bare.length;
    }
    at = skipBlank(text, at);
    if (text[at] !== '.') return { keys, end: at };
    at++;
  }
}

function unescaped(inner: string): string {
  return inner.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))/gs,
    (_, four, eight, two, one) => {
      const code = four ?? eight ?? two;
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      return ESCAPES.get(one) ?? one;
    },
  );
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['t', '\t'],
  ['n', '\n'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\u001b'],
]);

/** Behind the string that begins here. */
function stringEnd(text: string, start: number): number {
  const quote = text[start] ?? '"';
  const triple = quote.repeat(3);
  const isBlock = text.startsWith(triple, start);
  let at = start + (isBlock ? 3 : 1);
  while (at < text.length) {
    if (text[at] === '\\' && quote === '"') at += 2;
    else if (isBlock && text.startsWith(triple, at)) {
      // Up to two quotes may stand before the three that end it.
      at += 3;
      while (text[at] === quote) at++;
      return at;
    } else if (!isBlock && text[at] === quote) return at + 1;
    else at++;
  }
  return at;
}

interface InlinePair {
  readonly keys: readonly string[];
  readonly start: number;
  /** Behind its value. */
  readonly end: number;
}

/** The pairs of the inline table that begins here, comments between them left out. */
export function inlinePairs(text: string, open: number): InlinePair[] {
  const close = valueEnd(text, open) - 1;
  const pairs: InlinePair[] = [];
  let at = skipGaps(text, open + 1);
  while (at < close) {
    const { keys, end: behind } = keysAt(text, at);
    const value = skipGaps(text, text.indexOf('=', behind) + 1);
    const end = inlineEnd(text, value);
    pairs.push({ keys, start: at, end });
    at = skipGaps(text, end);
    if (text[at] === ',') at = skipGaps(text, at + 1);
  }
  return pairs;
}

function skipGaps(text: string, from: number): number {
  let at = skipBlank(text, from);
  while (text[at] === '\n' || text[at] === '#') at = skipBlank(text, nextLine(text, at));
  return at;
}

/** Behind a value inside an inline table. */
function inlineEnd(text: string, start: number): number {
  if (/["'[{]/.test(text[start] ?? '')) return valueEnd(text, start);
  const length = /^[^,}#\n]*/.exec(text.slice(start))?.[0].trimEnd().length ?? 0;
  return start + length;
}

/** Behind the value that begins here: strings, lists and inline tables may go over several lines. */
export function valueEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const here = text[at];
    if (here === '"' || here === "'") {
      at = stringEnd(text, at);
      if (depth === 0) return at;
      continue;
    }
    if (here === '#') {
      if (depth === 0) return at;
      at = nextLine(text, at);
      continue;
    }
    if (here === '[' || here === '{') depth++;
    if (here === ']' || here === '}') {
      depth--;
      if (depth === 0) return at + 1;
    }
    if (here === '\n' && depth === 0) return at;
    at++;
  }
  return at;
}
