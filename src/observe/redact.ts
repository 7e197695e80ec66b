/** Known secret values, kept out of everything that is written. */

import { isOwnWord } from './own-words.ts';
import { MIN_SECRET, secretForms } from './secret-forms.ts';

/** The text in the place of a secret. */
export const REDACTED = '[redacted]';

/** Shorter values are no secrets. In UTF-16 code units. */
const SHORTEST = 4;

/**
 * Replaces secrets. Values of four or five characters, and short ones of letters or digits alone, are replaced only where they
 * stand as a whole word: `postgres` is left in `postgres_query`. The gateway's own words are never replaced.
 */
export class Redactor {
  readonly #lasting = new Set<string>();
  readonly #renewed = new Map<string, { readonly now: readonly string[]; readonly before: readonly string[] }>();
  #previous = new Set<string>();
  #current = new Set<string>();
  #finder: Finder | undefined;
  #short: RegExp | undefined;
  #version = 0;
  #isNamed: (word: string) => boolean = () => false;

  /** Secrets for the life of the process: tokens that the gateway made, for one. */
  add(values: Iterable<string>): void {
    for (const value of values) {
      for (const form of allForms(value)) this.#lasting.add(form);
    }
    this.#rebuild();
  }

  /** The secrets that `owner` has now. Those before stay known until the next time, as with `replace`. */
  renew(owner: string, values: readonly string[]): void {
    const now = values.flatMap((value) => [...allForms(value)]);
    const before = this.#renewed.get(owner)?.now ?? [];
    if (now.length === before.length && now.every((form, at) => form === before[at])) return;
    this.#renewed.set(owner, { now, before });
    this.#rebuild();
  }

  /**
   * The secrets of a new configuration. Those of the one before stay known, because its calls and processes may still be
   * running.
   */
  replace(values: Iterable<string>): void {
    this.#previous = this.#current;
    this.#current = new Set();
    for (const value of values) {
      for (const form of allForms(value)) this.#current.add(form);
    }
    this.#rebuild();
  }

  /** Says which words everybody may read, whatever some entry says: names of servers, agents and listed tools. */
  protect(isPublic: (word: string) => boolean): void {
    this.#isNamed = isPublic;
    this.#version++;
  }

  /** The text with every known secret, in any of its forms, replaced. Linear in the length of the text. A field, since it is handed on by itself. */
  readonly redact = (text: string): string => {
    const finder = this.#finder;
    const long = finder === undefined || text.length < MIN_SECRET ? text : redactWith(finder, text, this.#isPublic);
    if (this.#short === undefined) return long;
    return long.replace(this.#short, (form, at: number) =>
      isLeft(long, at, at + form.length, this.#isPublic, true) ? form : REDACTED,
    );
  };

  /** Grows with each change of what is secret. */
  version(): number {
    return this.#version;
  }

  readonly #isPublic = (word: string): boolean => isOwnWord(word) || this.#isNamed(word);

  #rebuild(): void {
    this.#version++;
    const tokens = [...this.#renewed.values()].flatMap(({ now, before }) => [...now, ...before]);
    const forms = new Set([...this.#lasting, ...this.#previous, ...this.#current, ...tokens]);
    const long = [...forms].filter((form) => form.length >= MIN_SECRET);
    const short = [...forms].filter((form) => form.length < MIN_SECRET);
    this.#finder = long.length === 0 ? undefined : finderOf(long);
    this.#short = short.length === 0 ? undefined : new RegExp(short.map(escapedForRegExp).join('|'), 'g');
  }
}

function allForms(value: string): ReadonlySet<string> {
  const short = value.trim();
  return short.length >= SHORTEST && short.length < MIN_SECRET ? new Set([short]) : secretForms(value);
}

function escapedForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

const WORD = /[A-Za-z0-9_-]/;
/** Longer values of letters or digits alone are no words any more. */
const LONGEST_WORD = 16;

/** True for what is left as it is: a part of another word, or a word that everybody may read. */
function isLeft(
  text: string,
  start: number,
  end: number,
  isPublic: (word: string) => boolean,
  isWhole: boolean,
): boolean {
  let from = start;
  let to = end;
  while (from > 0 && start - from < 256 && isWordAt(text, from - 1)) from--;
  while (to < text.length && to - end < 256 && isWordAt(text, to)) to++;
  if (isWhole && (from < start || to > end)) return true;
  return isPublic(text.slice(from, to)) || isPublic(text.slice(start, end));
}

/** A dot belongs to a word that goes on after it. */
function isWordAt(text: string, at: number): boolean {
  const character = text[at] ?? '';
  if (character !== '.') return WORD.test(character);
  return WORD.test(text[at - 1] ?? '') && WORD.test(text[at + 1] ?? '');
}

function isWordLike(form: string): boolean {
  return form.length <= LONGEST_WORD && /^(?:[A-Za-z_.-]+|\d+)$/.test(form);
}

/**
 * Redacts the strings in one JSON text, so that the result is JSON again whatever the secret looks like. Keys that are plain words
 * are the gateway's own and stay; other keys are redacted like values. Text without a secret is returned as it is; text that is
 * not JSON is redacted as plain text.
 */
export function redactJson(json: string, redact: (text: string) => string): string {
  const plain = redact(json);
  if (plain === json) return json;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return plain;
  }
  return JSON.stringify(redactValue(value, redact));
}

export function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((element) => redactValue(element, redact));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, inner]) => [OWN_KEY.test(key) ? key : redact(key), redactValue(inner, redact)] as const,
  );
  return Object.fromEntries(entries);
}

const OWN_KEY = /^[a-z_]{1,24}$/i;

interface Finder {
  /**
   * Wu and Manber's shift table over pairs of code units: how far the window of `MIN_SECRET` may move when it ends with that
   * pair, because no secret can start earlier. 0: look closer.
   */
  readonly shifts: Uint8Array;
  /** The end of the longest secret that starts at `at`, or -1. */
  readonly longest: (text: string, at: number) => number;
}

const LAST = MIN_SECRET - 1;

/** Slot of a pair; pairs may share one, which costs time only. */
function slot(first: number, second: number): number {
  return ((first << 6) ^ second) & 0x1fff;
}

function finderOf(forms: Iterable<string>): Finder {
  const shifts = new Uint8Array(0x2000).fill(LAST);
  const byPrefix = new Map<string, string[]>();
  for (const form of forms) {
    for (let at = 1; at <= LAST; at++) {
      const pair = slot(form.charCodeAt(at - 1), form.charCodeAt(at));
      shifts[pair] = Math.min(shifts[pair] ?? 0, LAST - at);
    }
    const prefix = form.slice(0, MIN_SECRET);
    const others = byPrefix.get(prefix);
    if (others === undefined) byPrefix.set(prefix, [form]);
    else others.push(form);
  }
  for (const group of byPrefix.values()) group.sort((a, b) => b.length - a.length);
  return {
    shifts,
    longest(text, at) {
      for (const form of byPrefix.get(text.slice(at, at + MIN_SECRET)) ?? []) {
        if (text.startsWith(form, at)) return at + form.length;
      }
      return -1;
    },
  };
}

/** One pass. Overlapping secrets become one gap, so that no end of the second one stays readable. */
function redactWith(finder: Finder, text: string, isPublic: (word: string) => boolean): string {
  const { shifts, longest } = finder;
  const { length } = text;
  let result = '';
  let copied = 0;
  let gapStart = -1;
  let gapEnd = -1;
  let at = LAST;
  while (at < length) {
    const shift = shifts[slot(text.charCodeAt(at - 1), text.charCodeAt(at))] ?? 0;
    if (shift > 0) {
      at += shift;
      continue;
    }
    const start = at - LAST;
    const end = longest(text, start);
    at++;
    if (end < 0 || isLeft(text, start, end, isPublic, isWordLike(text.slice(start, end)))) continue;
    if (gapStart >= 0 && start >= gapEnd) {
      result += text.slice(copied, gapStart) + REDACTED;
      copied = gapEnd;
      gapStart = -1;
    }
    if (gapStart < 0) gapStart = start;
    if (end > gapEnd) gapEnd = end;
  }
  if (gapStart < 0) return text;
  return result + text.slice(copied, gapStart) + REDACTED + text.slice(gapEnd);
}
