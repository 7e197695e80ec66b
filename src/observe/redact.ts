/** Known secret values, kept out of everything that is written. */
import { formsOf, MIN_SECRET } from './forms.ts';

/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

export interface Redactor {
  /** Secrets for the life of the process: tokens that the gateway made, for one. */
  add(values: Iterable<string>): void;
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
  let previous = new Set<string>();
  let current = new Set<string>();
  let find: Finder | undefined;

  const rebuild = (): void => {
    const forms = new Set([...lasting, ...previous, ...current]);
    find = forms.size === 0 ? undefined : finderOf(forms);
  };

  return {
    add(values) {
      for (const value of values) {
        for (const form of formsOf(value)) lasting.add(form);
      }
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

/** @returns where the longest secret that starts at `at` ends, or -1. Called only where the filter passed. */
type Longest = (text: string, at: number) => number;

interface Finder {
  /** One bit per hash of a window of `MIN_SECRET` code units: whether a secret starts with such a window. */
  readonly filter: Uint32Array;
  readonly longest: Longest;
}

// The hash shifts by 3 bits per code unit and keeps 18 bits: what is older than six code units has left it, so it rolls
// without being told what leaves the window.
const MASK = 0x3ffff;
const SPREAD = 0x9e5;

function step(hash: number, code: number): number {
  return ((hash << 3) ^ (code * SPREAD)) & MASK;
}

function finderOf(forms: ReadonlySet<string>): Finder {
  const filter = new Uint32Array((MASK + 1) >>> 5);
  const byPrefix = new Map<string, string[]>();
  for (const form of forms) {
    let hash = 0;
    for (let at = 0; at < MIN_SECRET; at++) hash = step(hash, form.charCodeAt(at));
    filter[hash >>> 5] = (filter[hash >>> 5] ?? 0) | (1 << (hash & 31));
    const prefix = form.slice(0, MIN_SECRET);
    const others = byPrefix.get(prefix);
    if (others === undefined) byPrefix.set(prefix, [form]);
    else others.push(form);
  }
  for (const group of byPrefix.values()) group.sort((a, b) => b.length - a.length);
  const longest: Longest = (text, at) => {
    for (const form of byPrefix.get(text.slice(at, at + MIN_SECRET)) ?? []) {
      if (text.startsWith(form, at)) return at + form.length;
    }
    return -1;
  };
  return { filter, longest };
}

/** One pass. Overlapping secrets become one gap, so that no end of the second one stays readable. */
function redactWith(finder: Finder, text: string): string {
  const { filter, longest } = finder;
  let result = '';
  let copied = 0;
  let gapStart = -1;
  let gapEnd = -1;
  let hash = 0;
  for (let at = 0; at < text.length; at++) {
    hash = step(hash, text.charCodeAt(at));
    if (((filter[hash >>> 5] ?? 0) & (1 << (hash & 31))) === 0) continue;
    const start = at - MIN_SECRET + 1;
    const end = start < 0 ? -1 : longest(text, start);
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
