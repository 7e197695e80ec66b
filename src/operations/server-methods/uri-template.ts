/** URI templates (RFC 6570), read the other way round: whether a URI may be an expansion of one. */

/** Part of a template: text, or an expression as the set of characters that its expansion consists of. */
type Part = string | Expansion;

interface Expansion {
  /** The character that begins it; empty where it begins with a value. */
  readonly first: '' | '.' | '/' | ';' | '?' | '&' | '#';
  /** Characters that may follow. */
  readonly allowed: RegExp;
}

/** Operators (section 2.2) and what their expansions may hold: a value never leaves the place that its template gives it. */
const OPERATORS: ReadonlyMap<string, Expansion> = new Map([
  ['', { first: '', allowed: /[^/?#]/ }],
  ['+', { first: '', allowed: /./s }],
  ['.', { first: '.', allowed: /[^/?#]/ }],
  [';', { first: ';', allowed: /[^/?#]/ }],
  ['?', { first: '?', allowed: /[^#]/ }],
  ['&', { first: '&', allowed: /[^#]/ }],
  ['#', { first: '#', allowed: /./s }],
]);
/** `{name*}`: a list for the standard, and any number of segments for servers of FastMCP. */
const WILDCARD: Expansion = { first: '', allowed: /[^?#]/ };
/** One variable of `{/name}` is one segment; `{/name*}` and several are more. */
const SEGMENT: Expansion = { first: '/', allowed: /[^/?#]/ };
const SEGMENTS: Expansion = { first: '/', allowed: /[^?#]/ };

const EXPRESSION =
  /^([+#./;?&]?)((?:\w|%[\dA-Fa-f]{2}|\.)+(?::\d{1,4}|\*)?(?:,(?:\w|%[\dA-Fa-f]{2}|\.)+(?::\d{1,4}|\*)?)*)$/;
/** Longer templates, and those with more expressions, fit nothing. */
const MAX_LENGTH = 2_048;
const MAX_PARTS = 64;

export type UriTemplate = readonly Part[];

/** @returns undefined where the text is no template, or too long for one. */
export function parseTemplate(text: string): UriTemplate | undefined {
  if (text.length > MAX_LENGTH || /\p{Surrogate}/u.test(text)) return undefined;
  const parts: Part[] = [];
  for (const [at, piece] of text.split(/\{([^{}]*)\}/).entries()) {
    if (at % 2 === 0) {
      if (/[{}]/.test(piece)) return undefined;
      if (piece !== '') parts.push(escapeLiteral(piece));
      continue;
    }
    const expansion = readExpression(piece);
    if (expansion === undefined) return undefined;
    parts.push(expansion);
  }
  return parts.length <= MAX_PARTS ? parts : undefined;
}

function readExpression(text: string): Expansion | undefined {
  const [, operator, variables] = EXPRESSION.exec(text) ?? [];
  if (operator === undefined || variables === undefined) return undefined;
  if (operator === '' && variables.endsWith('*')) return WILDCARD;
  if (operator === '/') return /[*,]/.test(variables) ? SEGMENTS : SEGMENT;
  return OPERATORS.get(operator);
}

/** Escapes what is not ASCII in an expansion (section 3.1). */
function escapeLiteral(text: string): string {
  return text.replace(/[^!-~]+/gu, (characters) => encodeURIComponent(characters));
}

/** Steps of the comparison that one look-up may take: time is bounded whatever templates there are. */
export interface Effort {
  left: number;
}

/**
 * True if a URI fits a template. Takes the set of places that can be reached after each part, so never more steps than
 * characters times parts; none fits when the effort is used up.
 */
export function fitsTemplate(uri: string, template: UriTemplate, effort: Effort): boolean {
  let reached = new Uint8Array(uri.length + 1);
  reached[0] = 1;
  for (const part of template) {
    effort.left -= uri.length + (typeof part === 'string' ? part.length : 0);
    if (effort.left < 0) return false;
    const next = new Uint8Array(uri.length + 1);
    if (
      !(typeof part === 'string'
        ? afterText(uri, part, reached, next, effort)
        : afterExpansion(uri, part, reached, next))
    )
      return false;
    reached = next;
  }
  return reached[uri.length] === 1;
}

function afterText(uri: string, text: string, reached: Uint8Array, next: Uint8Array, effort: Effort): boolean {
  let any = false;
  for (let at = reached.indexOf(1); at >= 0; at = reached.indexOf(1, at + 1)) {
    effort.left -= text.length;
    if (effort.left < 0) return false;
    if (!uri.startsWith(text, at)) continue;
    next[at + text.length] = 1;
    any = true;
  }
  return any;
}

/** An expression without an operator stands for one character at least; the others may stand for nothing. */
function afterExpansion(uri: string, { first, allowed }: Expansion, reached: Uint8Array, next: Uint8Array): boolean {
  let isInside = false;
  let any = false;
  for (let at = 0; at <= uri.length; at++) {
    if (isInside) next[at] = 1;
    if (first !== '' && reached[at] === 1) next[at] = 1;
    any ||= next[at] === 1;
    const character = uri.charAt(at);
    const begins = reached[at] === 1 && (first === '' || character === first);
    isInside =
      character !== '' && (begins ? first !== '' || allowed.test(character) : isInside && allowed.test(character));
  }
  return any;
}
