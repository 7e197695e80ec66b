/** Finders of secrets and personal data. Each looks at a bounded number of characters around each place: all are linear. */
import type { ResultKind } from '../../../config/result-kinds.ts';
import { ibanLength, isCard } from './checked-numbers.ts';
import { AUTHORIZATION, KEY, NAMED_KEY } from './key-forms.ts';

export interface Spotted {
  readonly kind: ResultKind;
  readonly start: number;
  readonly end: number;
}

/** Characters that a finding may have; only private keys and tokens may have more, and are cut there. */
export const LONGEST_FINDING = 16 * 1024;

type Found = (start: number, end: number) => void;

/** Finds one kind. Most texts are short, or do not have what all of its findings have. */
export function find(kind: ResultKind, text: string, found: Found): void {
  const { shortest, needle } = SIGNS[kind];
  if (text.length >= shortest && text.includes(needle)) DETECTORS[kind](text, found);
}

/** Characters of the shortest finding, and what stands in each. */
const SIGNS: Readonly<Record<ResultKind, { readonly shortest: number; readonly needle: string }>> = {
  keys: { shortest: 20, needle: '' },
  private_keys: { shortest: 27, needle: '-----BEGIN ' },
  jwts: { shortest: 16, needle: 'eyJ' },
  passwords: { shortest: 7, needle: '://' },
  cards: { shortest: 13, needle: '' },
  ibans: { shortest: 15, needle: '' },
  emails: { shortest: 6, needle: '@' },
};

const DETECTORS: Readonly<Record<ResultKind, (text: string, found: Found) => void>> = {
  keys(text, found) {
    for (const { index, 0: all } of text.matchAll(KEY)) found(index, index + all.length);
    for (const pattern of [NAMED_KEY, AUTHORIZATION]) {
      for (const { index, 0: all, 1: value = '' } of text.matchAll(pattern)) {
        const end = index + all.length;
        if (/\d/.test(value) && /[a-z]/i.test(value)) found(end - value.length, end);
      }
    }
  },
  private_keys(text, found) {
    for (const { index, 0: all, 1: name = '' } of text.matchAll(BEGIN)) {
      const limit = Math.min(text.length, index + LONGEST_FINDING);
      const last = `-----END ${name}-----`;
      const end = text.slice(index, limit).indexOf(last);
      found(index, end < 0 ? endOfBody(text, index + all.length, limit) : index + end + last.length);
    }
  },
  jwts(text, found) {
    for (const { index, 0: all } of text.matchAll(JWT)) if (isTokenHeader(all)) found(index, index + all.length);
  },
  passwords(text, found) {
    for (const { index, 0: all } of text.matchAll(USER_INFO)) {
      const start = index + 3 + all.slice(3).indexOf(':') + 1;
      const end = index + all.length - 1;
      if (!PLACEHOLDER.test(text.slice(start, end))) found(start, end);
    }
  },
  cards(text, found) {
    eachMatch(text, CARD, (all, index) => {
      // A number before it may look like its first group.
      if (!isCard(all)) return DIGITS.exec(all)?.[0].length ?? all.length;
      found(index, index + all.length);
      return all.length;
    });
  },
  ibans(text, found) {
    eachMatch(text, ACCOUNT, (all, index) => {
      const length = ibanLength(all);
      if (length > 0) found(index, index + length);
      // Another one may follow behind one space.
      return length || COUNTRY_AND_CHECK;
    });
  },
  emails(text, found) {
    for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
      const bounds = addressAround(text, at);
      if (bounds !== undefined) found(...bounds);
    }
  },
};

const BEGIN = /-----BEGIN ((?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?)-----/g;
const BODY = /(?:[A-Za-z0-9+/=\s:,-]|\\[nr])*/y;

/** The end of the letters of a key whose last line is not there. */
function endOfBody(text: string, from: number, limit: number): number {
  BODY.lastIndex = 0;
  return from + (BODY.exec(text.slice(from, limit))?.[0].length ?? 0);
}

const JWT = /(?<![\w-])eyJ[\w-]{10,2000}\.[\w-]{2,12000}\.[\w-]{0,1000}(?:\.[\w-]{1,1000}\.[\w-]{1,200})?/g;

/** The header of a JWS or JWE says how it was made (RFC 7515, 4.1.1). */
function isTokenHeader(token: string): boolean {
  const header = Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('latin1');
  return header.startsWith('{"') && header.includes('"alg"');
}

const USER_INFO = /:\/\/[^\s/:@"'`<>\\]{0,64}:[^\s/@"'`<>\\]{1,256}@(?=[\w[])/g;
/** Words that stand for a password where there is none. */
const PLACEHOLDER = /^(?:\*+|x+|\.+|pass(?:word)?|secret|pw|pwd|your[\w-]*|[$%{[].*|redacted|changeme)$/i;

/** Goes through what matches. @param take returns how much of it is done with: the next match may begin behind that */
function eachMatch(text: string, pattern: RegExp, take: (all: string, index: number) => number): void {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    pattern.lastIndex = match.index + take(match[0], match.index);
  }
}

/** All digits together, or in the groups of `isCard`. */
const CARD = /(?<![\w.:#/+-])(?:\d{4}([ -])(?:\d{4}\1\d{4}\1\d{1,7}|\d{6}\1\d{4,5})|\d{13,19})(?!\w|[.-]\d)/g;
const DIGITS = /^\d+/;
const COUNTRY_AND_CHECK = 4;
const ACCOUNT = /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,31}/g;

const LOCAL = /[A-Za-z0-9._%+'-]/;
const DOMAIN = /[A-Za-z0-9.-]/;
const DOMAIN_SHAPE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}$/;
/** Ends of names of files and of names within a program, which look like domains behind an at-sign. */
const NO_DOMAIN =
  /\.(?:png|jpe?g|gif|svg|webp|avif|ico|css|s?css|[cm]?[jt]sx?|json|map|html?|md|txt|ya?ml|service|socket|timer|local)$/i;
const URL_BEFORE = /:\/\/[^\s/@]*$/;
const LONGEST_USER = 330;
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;

/** The bounds of the mail address around an at-sign. */
function addressAround(text: string, at: number): readonly [number, number] | undefined {
  let start = at;
  while (start > 0 && at - start < LONGEST_LOCAL && LOCAL.test(text.charAt(start - 1))) start--;
  while (start < at && /[.'%-]/.test(text.charAt(start))) start++;
  if (start === at || text.charAt(at - 1) === '.') return undefined;
  let end = at + 1;
  while (end < text.length && end - at < LONGEST_DOMAIN && DOMAIN.test(text.charAt(end))) end++;
  while (end > at && /[.-]/.test(text.charAt(end - 1))) end--;
  const domain = text.slice(at + 1, end);
  if (!DOMAIN_SHAPE.test(domain) || NO_DOMAIN.test(domain)) return undefined;
  // Addresses of repositories: "git@host:path", "ssh://git@host/path".
  if (text.slice(start, at) === 'git') return undefined;
  // The user of a URL, with or without a password.
  return URL_BEFORE.test(text.slice(Math.max(0, start - LONGEST_USER), at)) ? undefined : [start, end];
}
