/** Known secret values, kept out of everything that is written. */
import { formsOf, MIN_SECRET } from './forms.ts';

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

export interface Redactor {
  /** Secrets for the life of the process: tokens that the gateway made, for one. */
  add(values: Iterable<string>): void;
  /** The secrets that `owner` has now. Those before stay known until the next time, as with `replace`. */
  renew(owner: string, values: readonly string[]): void;
  /**
   * The secrets of a new configuration. Those of the one before stay known, because its calls and processes may still be
   * running. A value that is also one of `publicNames` (servers, agents) is no secret: agents are told that name.
   */
  replace(values: Iterable<string>, publicNames?: Iterable<string>): void;
  /** The text with every known secret, in any of its forms, replaced. Linear in the length of the text. */
  redact(text: string): string;
}

/** A redactor that knows no secret yet. Values shorter than six characters are never secrets. */
export function createRedactor(): Redactor {
  const lasting = new Set<string>();
  const renewed = new Map<string, { readonly now: readonly string[]; readonly before: readonly string[] }>();
  let previous = new Set<string>();
  let current = new Set<string>();
  let find: Finder | undefined;

  const rebuild = (): void => {
    const tokens = [...renewed.values()].flatMap(({ now, before }) => [...now, ...before]);
    const forms = new Set([...lasting, ...previous, ...current, ...tokens]);
    find = forms.size === 0 ? undefined : finderOf(forms);
  };

  return {
    add(values) {
      for (const value of values) {
        for (const form of formsOf(value)) lasting.add(form);
      }
      rebuild();
    },
    renew(owner, values) {
      const now = values.flatMap((value) => [...formsOf(value)]);
      const before = renewed.get(owner)?.now ?? [];
      if (now.length === before.length && now.every((form, at) => form === before[at])) return;
      renewed.set(owner, { now, before });
      rebuild();
    },
    replace(values, publicNames = []) {
      const names = new Set(publicNames);
      previous = current;
      current = new Set();
      for (const value of values) {
        if (names.has(value)) continue;
        for (const form of formsOf(value)) current.add(form);
      }
      rebuild();
    },
    redact(text) {
      return find === undefined || text.length < MIN_SECRET ? text : redactWith(find, text);
    },
  };
}

/**
 * Redacts inside the strings and keys of one JSON text, so that the result is JSON again whatever the secret looks like.
 * Text without a secret is returned as it is; text that is not JSON is redacted as plain text.
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

function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((element) => redactValue(element, redact));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [redact(key), redactValue(inner, redact)] as const);
  return Object.fromEntries(entries);
}

interface Finder {
  /**
   * Wu and Manber's shift table over pairs of code units: how far the window of `MIN_SECRET` may move when it ends with that
   * pair, because no secret can start earlier. 0: look closer.
   */
  readonly shifts: Uint8Array;
  /** Where the longest secret that starts at `at` ends, or -1. */
  readonly longest: (text: string, at: number) => number;
}

const LAST = MIN_SECRET - 1;

/** Slot of a pair; pairs may share one, which costs time only. */
function slot(first: number, second: number): number {
  return ((first << 6) ^ second) & 0x1fff;
}

function finderOf(forms: ReadonlySet<string>): Finder {
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
function redactWith(finder: Finder, text: string): string {
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
    if (end < 0) continue;
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
