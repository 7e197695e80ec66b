/** One text of a result, cleared of what its server's rules name. */
import type { ResultTerms } from '../../../config/result-kinds.ts';
import { inTurns, isLarge, STEP } from '../../../shared/large-text.ts';
import { hasRightToLeft, unseenIn } from '../../../shared/unseen.ts';
import { find, LONGEST_FINDING, type Spotted } from './detectors.ts';

/** Findings by kind; `invisible` for characters that nobody sees. */
export type RedactionCounts = Map<string, number>;

const WORDS: Readonly<Record<Spotted['kind'], string>> = {
  keys: 'key',
  private_keys: 'private key',
  jwts: 'token',
  passwords: 'password',
  cards: 'card',
  ibans: 'IBAN',
  emails: 'e-mail',
};

/** The text in the place of a finding, which is counted. */
export function replacement(kind: Spotted['kind'], counts: RedactionCounts): string {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return `[redacted ${WORDS[kind]}]`;
}

/** Kinds of secrets, for texts that have to stay exact but for these. */
const SECRETS: ReadonlySet<Spotted['kind']> = new Set(['keys', 'private_keys', 'jwts', 'passwords']);

/** The same terms, for the address of something that is read by it. */
export function forAddresses({ redact }: ResultTerms): ResultTerms {
  return { stripInvisible: false, redact: redact.filter((kind) => SECRETS.has(kind)) };
}

/** Pictures, sound and other bytes in base64 are no text: in one line, or in lines of one length (RFC 2045, 6.8; RFC 7468, 2). */
const BYTES = /^[A-Za-z0-9+/=\r\n]*$/;
const FEWEST_BYTES = 256;
const SHORTEST_LINE = 60;

function areBytes(text: string): boolean {
  if (!BYTES.test(text)) return false;
  const first = text.indexOf('\n');
  if (first < 0) return true;
  const last = text.lastIndexOf('\n', text.length - 2);
  let width = 0;
  // The first line and the last one may be parts.
  for (let at = first; at < last; ) {
    const end = text.indexOf('\n', at + 1);
    if (width !== 0 && end - at - 1 !== width) return false;
    width = end - at - 1;
    at = end;
  }
  return Math.max(width, first) >= SHORTEST_LINE && (width === 0 || first <= width);
}

/** The text without what the terms name; the same text where there is nothing. Linear. */
export function screenText(text: string, terms: ResultTerms, counts: RedactionCounts): string {
  if (text.length >= FEWEST_BYTES && areBytes(text)) return text;
  const seen = terms.stripInvisible ? stripped(text, undefined, counts) : text;
  return replaced(seen, findingsIn(seen, terms, 0, seen.length), counts);
}

/** The same for a text that may be large: others get their turn meanwhile. */
export async function screenLargeText(text: string, terms: ResultTerms, counts: RedactionCounts): Promise<string> {
  if (!isLarge(text.length)) return screenText(text, terms, counts);
  const seen = terms.stripInvisible ? await strippedInTurns(text, counts) : text;
  const pieces: string[] = [];
  let at = 0;
  /** The end of what was replaced, which may lie in a later piece. */
  let taken = 0;
  let hasFound = false;
  await inTurns(() => {
    const end = endOfPiece(seen, at);
    const findings = areBytes(seen.slice(at, end)) ? [] : findingsIn(seen, terms, at, end);
    hasFound ||= findings.length > 0;
    const piece = replacedWithin(seen, findings, Math.max(at, taken), end, counts);
    taken = Math.max(taken, piece.taken);
    pieces.push(piece.text);
    at = end;
    return at === seen.length;
  });
  return hasFound || seen !== text ? pieces.join('') : text;
}

/** Not inside of a character. */
function endOfPiece(text: string, at: number): number {
  const end = Math.min(text.length, at + STEP);
  return end < text.length && (text.charCodeAt(end) & 0xfc00) === 0xdc00 ? end - 1 : end;
}

/** The findings that begin between two offsets; the text around them is seen, too. */
function findingsIn(text: string, { redact }: ResultTerms, from: number, to: number): Spotted[] {
  const start = Math.max(0, from - MARGIN);
  const part = text.slice(start, to + LONGEST_FINDING);
  const findings: Spotted[] = [];
  for (const kind of redact) {
    find(kind, part, (begin, end) => {
      if (begin + start >= from && begin + start < to) findings.push({ kind, start: begin + start, end: end + start });
    });
  }
  return findings;
}

/** Characters before a place that may matter to it. */
const MARGIN = 512;

function replaced(text: string, findings: readonly Spotted[], counts: RedactionCounts): string {
  return findings.length === 0 ? text : replacedWithin(text, findings, 0, text.length, counts).text;
}

/** The part between two offsets with what begins there replaced, and where that ends. */
function replacedWithin(
  text: string,
  findings: readonly Spotted[],
  from: number,
  to: number,
  counts: RedactionCounts,
): { readonly text: string; readonly taken: number } {
  // What overlaps is one; the first that begins names it, the longest of several that begin together.
  const ordered = findings.toSorted((one, other) => one.start - other.start || other.end - one.end);
  let result = '';
  let at = from;
  for (const { kind, start, end } of ordered) {
    if (start >= at) {
      result += text.slice(at, start) + replacement(kind, counts);
    }
    at = Math.max(at, end);
  }
  return { text: result + text.slice(at, to), taken: at };
}

function stripped(text: string, isRightToLeft: boolean | undefined, counts: RedactionCounts): string {
  const unseen = unseenIn(text, isRightToLeft);
  if (unseen.length === 0) return text;
  counts.set(INVISIBLE, (counts.get(INVISIBLE) ?? 0) + unseen.length);
  let result = '';
  let from = 0;
  for (const { at, code } of unseen) {
    result += text.slice(from, at);
    from = at + (code > 0xffff ? 2 : 1);
  }
  return result + text.slice(from);
}

const INVISIBLE = 'invisible';

/** Pieces end behind two characters of ASCII, where none of its neighbours needs another one. */
async function strippedInTurns(text: string, counts: RedactionCounts): Promise<string> {
  const pieces: string[] = [];
  let isRightToLeft = false;
  let at = 0;
  await inTurns(() => {
    isRightToLeft ||= hasRightToLeft(text.slice(at, at + STEP));
    at += STEP;
    return isRightToLeft || at >= text.length;
  });
  at = 0;
  await inTurns(() => {
    let end = Math.min(text.length, at + STEP);
    while (end < text.length && end - at < 2 * STEP && !isPlainAt(text, end)) end++;
    pieces.push(stripped(text.slice(at, end), isRightToLeft, counts));
    at = end;
    return at === text.length;
  });
  return pieces.join('');
}

function isPlainAt(text: string, end: number): boolean {
  return isPlain(text.charCodeAt(end - 1)) && isPlain(text.charCodeAt(end - 2)) && isPlain(text.charCodeAt(end));
}

function isPlain(code: number): boolean {
  return code >= 0x20 && code < 0x7f;
}
