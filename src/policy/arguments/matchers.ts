/** Conditions on one argument, compiled: each test is linear in the length of the value. */
import { foldCase } from '../../protocol/fold-case.ts';
import { compilePattern } from '../pattern.ts';
import { isClear, isObject } from './call-arguments.ts';
import { isOfHost, parseHostPattern } from './hosts.ts';
import { listOf, type Matcher, type ValueType } from './matcher-data.ts';
import { isUnder, parseFolder } from './paths.ts';
import { formsOf } from './text-forms.ts';
import { agreed, every, type Truth } from './truth.ts';

/** One test of a matcher, by the key that it stands under. */
export interface Test {
  readonly key: keyof Matcher;
  readonly holds: (value: unknown) => Truth;
}

/** The tests of a matcher, in a fixed order. `absent` is none: it is about the place and not about a value. */
export function compileMatcher(matcher: Matcher): readonly Test[] {
  const fold = matcher.ignore_case === true;
  const tests: Test[] = [];
  const add = (key: keyof Matcher, holds: Test['holds']): void => {
    if (matcher[key] !== undefined) tests.push({ key, holds });
  };
  const types = listOf(matcher.type);
  add('type', (value) => types.some((type) => isOfType(value, type)));
  add('equals', (value) => isEqual(value, matcher.equals, fold));
  const members = matcher.in ?? [];
  add('in', (value) => isMember(value, members, fold));
  add('matches', textTest(patternsTest(listOf(matcher.matches), fold)));
  const folders = listOf(matcher.under)
    .map(parseFolder)
    .filter((folder) => folder !== undefined);
  add('under', (value) => (typeof value === 'string' ? isUnder(value, folders, fold) : undefined));
  const hosts = listOf(matcher.host)
    .map(parseHostPattern)
    .filter((host) => host !== undefined);
  add('host', (value) => (typeof value === 'string' ? isOfHost(value, hosts) : undefined));
  const { min = 0, max = 0, max_length: maxLength = 0 } = matcher;
  add(
    'min',
    numberTest((value) => value >= min),
  );
  add(
    'max',
    numberTest((value) => value <= max),
  );
  add('max_length', (value) => {
    if (Array.isArray(value)) return value.length <= maxLength;
    return typeof value === 'string' ? isNoLonger(value, maxLength) : undefined;
  });
  const inner = matcher.each === undefined ? [] : compileMatcher(matcher.each);
  add('each', (value) =>
    Array.isArray(value) ? every(value, (one) => every(inner, (test) => test.holds(one))) : undefined,
  );
  return tests;
}

function isOfType(value: unknown, type: ValueType): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function textTest(matches: (text: string) => boolean): Test['holds'] {
  return (value) => (typeof value === 'string' ? agreed(formsOf(value), matches) : undefined);
}

function patternsTest(patterns: readonly string[], fold: boolean): (text: string) => boolean {
  const matchers = patterns.map((pattern) => compilePattern(fold ? foldCase(pattern) : pattern));
  return (text) => matchers.some((matches) => matches(fold ? foldCase(text) : text));
}

function numberTest(holds: (value: number) => boolean): Test['holds'] {
  return (value) => (isExact(value) ? holds(value) : undefined);
}

/** True if all readers see the same number: beyond these they round it in different ways. */
function isExact(value: unknown): value is number {
  return typeof value === 'number' && (Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value));
}

function isNoLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return true;
  // A pair of surrogates is one character.
  if (text.length > 2 * limit) return false;
  let characters = 0;
  for (const _ of text) characters++;
  return characters <= limit;
}

/** In doubt where the value has another type than all of the members. */
function isMember(value: unknown, members: readonly unknown[], fold: boolean): Truth {
  let truth: Truth;
  for (const member of members) {
    if (!isSameType(value, member)) continue;
    const one = isEqual(value, member, fold);
    if (one === true) return true;
    if (one === undefined) return undefined;
    truth = false;
  }
  return truth;
}

function isSameType(one: unknown, other: unknown): boolean {
  return one === null || other === null
    ? one === other
    : typeof one === typeof other && Array.isArray(one) === Array.isArray(other);
}

/** Deep; the order of keys does not count. */
function isEqual(value: unknown, wanted: unknown, fold: boolean): Truth {
  if (!isSameType(value, wanted)) return undefined;
  if (typeof value === 'string') {
    const form = (text: string): string => (fold ? foldCase(text) : text);
    return agreed(formsOf(value), (text) => form(text) === form(String(wanted)));
  }
  if (typeof value === 'number') return isExact(value) ? value === wanted : undefined;
  if (Array.isArray(value) && Array.isArray(wanted)) {
    return value.length === wanted.length && every(wanted.keys(), (at) => isEqual(value[at], wanted[at], fold));
  }
  if (isObject(value) && isObject(wanted)) {
    const keys = Object.keys(wanted);
    if (keys.some((key) => !isClear(value, key))) return undefined;
    if (Object.keys(value).length !== keys.length) return false;
    return every(keys, (key) => Object.hasOwn(value, key) && isEqual(value[key], wanted[key], fold));
  }
  return value === wanted;
}
