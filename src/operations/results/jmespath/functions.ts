/** The functions of JMESPath (https://jmespath.org/specification.html, Built-in Functions), each of which pays for what it does. */

import type { Node } from './expression.ts';
import type { Fuel } from './fuel.ts';
import { type Fields, isEqual, keysOf, Reference, textOf, typeOf } from './values.ts';

/** Thrown where a function is called with what it does not take. */
export class WrongType extends Error {}

/** Characters that `contains` looks for in a text at most: the engine compares them at every place of it. */
const MAX_SOUGHT = 1024;

/** The part of the evaluation that functions need. */
export interface Evaluation {
  readonly fuel: Fuel;
  visit(node: Node, value: unknown): unknown;
}

type Call = (args: readonly unknown[], evaluation: Evaluation) => unknown;

interface Signature {
  readonly args: readonly string[];
  readonly call: Call;
  /** The last argument may stand there any number of times. */
  readonly variadic?: boolean;
}

const numbers = (value: unknown, { fuel }: Evaluation): readonly number[] => {
  const list = value as readonly unknown[];
  fuel.spend(list.length);
  if (!list.every((item) => typeof item === 'number')) throw new WrongType();
  return list as readonly number[];
};

const strings = (value: unknown, { fuel }: Evaluation): readonly string[] => {
  const list = value as readonly unknown[];
  fuel.spend(list.length);
  if (!list.every((item) => typeof item === 'string')) throw new WrongType();
  return list as readonly string[];
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Negative where `one` comes first; both are numbers or both are strings. */
function order(one: unknown, other: unknown, fuel: Fuel): number {
  if (typeof one === 'string' && typeof other === 'string') fuel.spendText(Math.min(one.length, other.length));
  else fuel.spend(1);
  if (one === other) return 0;
  return (one as string) < (other as string) ? -1 : 1;
}

/** The key that each element is sorted by, worked out once. */
function keysBy(list: unknown, reference: unknown, evaluation: Evaluation): { item: unknown; key: unknown }[] {
  const { node } = reference as Reference;
  const keyed = (list as readonly unknown[]).map((item) => ({ item, key: evaluation.visit(node, item) }));
  const type = typeOf(keyed[0]?.key);
  const fits = type === 'string' || type === 'number';
  if (keyed.length > 0 && !(fits && keyed.every(({ key }) => typeOf(key) === type))) throw new WrongType();
  return keyed;
}

function sorted(list: unknown, evaluation: Evaluation): unknown[] {
  const items = comparable(list, evaluation);
  return [...items].sort((one, other) => order(one, other, evaluation.fuel));
}

function comparable(list: unknown, evaluation: Evaluation): readonly unknown[] {
  return typeof (list as readonly unknown[])[0] === 'number' ? numbers(list, evaluation) : strings(list, evaluation);
}

/** @param sign 1 for the greatest, -1 for the least; of several the first. */
function extreme<T>(items: readonly T[], keyOf: (item: T) => unknown, sign: number, fuel: Fuel): T | undefined {
  let [best] = items;
  for (const item of items) {
    if (sign * order(keyOf(item), keyOf(best as T), fuel) > 0) best = item;
  }
  return best;
}

const extremeOf =
  (sign: number): Call =>
  ([list], evaluation) =>
    extreme(comparable(list, evaluation), (item) => item, sign, evaluation.fuel) ?? null;

const extremeBy =
  (sign: number): Call =>
  ([list, reference], evaluation) =>
    extreme(keysBy(list, reference, evaluation), ({ key }) => key, sign, evaluation.fuel)?.item ?? null;

function contains([where, what]: readonly unknown[], { fuel }: Evaluation): boolean {
  if (Array.isArray(where)) return where.some((item) => isEqual(item, what, fuel));
  if (typeof what === 'object') return false;
  const sought = String(what);
  if (sought.length > MAX_SOUGHT) throw new WrongType();
  fuel.spendText(text(where).length * Math.max(1, Math.ceil(sought.length / 16)));
  return text(where).includes(sought);
}

function joined([separator, list]: readonly unknown[], evaluation: Evaluation): string {
  const parts = strings(list, evaluation);
  const length = sum(parts.map((part) => part.length)) + (separator as string).length * parts.length;
  evaluation.fuel.spendText(length);
  return parts.join(separator as string);
}

function reversed([value]: readonly unknown[], { fuel }: Evaluation): unknown {
  if (typeof value === 'string') {
    fuel.spend(4 * value.length);
    return [...value].reverse().join('');
  }
  fuel.spend((value as readonly unknown[]).length);
  return [...(value as readonly unknown[])].reverse();
}

function merged(objects: readonly unknown[], { fuel }: Evaluation): Fields {
  const entries = objects.flatMap((each) => {
    fuel.spend(8 * keysOf(each as Fields, fuel).length);
    return Object.entries(each as Fields);
  });
  return Object.fromEntries(entries);
}

function toNumber([value]: readonly unknown[], { fuel }: Evaluation): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return null;
  fuel.spendText(value.length);
  const converted = Number(value);
  return Number.isNaN(converted) ? null : converted;
}

const text = (value: unknown): string => value as string;

const FUNCTIONS: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ['abs', { args: ['number'], call: ([value]) => Math.abs(value as number) }],
  [
    'avg',
    {
      args: ['array'],
      call: ([list], evaluation) => {
        const values = numbers(list, evaluation);
        return values.length === 0 ? null : sum(values) / values.length;
      },
    },
  ],
  ['ceil', { args: ['number'], call: ([value]) => Math.ceil(value as number) }],
  ['contains', { args: ['string|array', 'any'], call: contains }],
  [
    'ends_with',
    {
      args: ['string', 'string'],
      call: ([whole, end], { fuel }) => {
        fuel.spendText(text(end).length);
        return text(whole).endsWith(text(end));
      },
    },
  ],
  ['floor', { args: ['number'], call: ([value]) => Math.floor(value as number) }],
  ['join', { args: ['string', 'array'], call: joined }],
  ['keys', { args: ['object'], call: ([value], { fuel }) => keysOf(value as Fields, fuel) }],
  [
    'length',
    {
      args: ['string|array|object'],
      call: ([value], { fuel }) =>
        typeof value === 'string' || Array.isArray(value) ? value.length : keysOf(value as Fields, fuel).length,
    },
  ],
  [
    'map',
    {
      args: ['expref', 'array'],
      call: ([reference, list], evaluation) =>
        (list as readonly unknown[]).map((item) => evaluation.visit((reference as Reference).node, item)),
    },
  ],
  ['max', { args: ['array'], call: extremeOf(1) }],
  ['max_by', { args: ['array', 'expref'], call: extremeBy(1) }],
  ['merge', { args: ['object'], variadic: true, call: merged }],
  ['min', { args: ['array'], call: extremeOf(-1) }],
  ['min_by', { args: ['array', 'expref'], call: extremeBy(-1) }],
  [
    'not_null',
    { args: ['any'], variadic: true, call: (values) => values.find((value) => typeOf(value) !== 'null') ?? null },
  ],
  ['reverse', { args: ['string|array'], call: reversed }],
  ['sort', { args: ['array'], call: ([list], evaluation) => sorted(list, evaluation) }],
  [
    'sort_by',
    {
      args: ['array', 'expref'],
      call: ([list, reference], evaluation) =>
        keysBy(list, reference, evaluation)
          .sort((one, other) => order(one.key, other.key, evaluation.fuel))
          .map(({ item }) => item),
    },
  ],
  [
    'starts_with',
    {
      args: ['string', 'string'],
      call: ([whole, start], { fuel }) => {
        fuel.spendText(text(start).length);
        return text(whole).startsWith(text(start));
      },
    },
  ],
  ['sum', { args: ['array'], call: ([list], evaluation) => sum(numbers(list, evaluation)) }],
  ['to_array', { args: ['any'], call: ([value]) => (Array.isArray(value) ? value : [value]) }],
  ['to_number', { args: ['any'], call: toNumber }],
  [
    'to_string',
    { args: ['any'], call: ([value], { fuel }) => (typeof value === 'string' ? value : textOf(value, fuel)) },
  ],
  ['type', { args: ['any'], call: ([value]) => typeOf(value) }],
  [
    'values',
    {
      args: ['object'],
      call: ([value], { fuel }) => keysOf(value as Fields, fuel).map((key) => (value as Fields)[key]),
    },
  ],
]);

/** @throws WrongType where there is no such function, or it takes other arguments. */
export function callFunction(name: string, args: readonly unknown[], evaluation: Evaluation): unknown {
  const signature = FUNCTIONS.get(name);
  if (signature === undefined) throw new WrongType();
  const { args: expected, variadic = false, call } = signature;
  if (variadic ? args.length < expected.length : args.length !== expected.length) throw new WrongType();
  for (const [at, value] of args.entries()) {
    const type = expected[at] ?? expected.at(-1) ?? 'any';
    if (type === 'any' ? value instanceof Reference : !type.split('|').includes(typeOf(value))) throw new WrongType();
  }
  return call(args, evaluation);
}
