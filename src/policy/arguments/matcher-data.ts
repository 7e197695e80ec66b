/** Conditions on arguments as the rules file has them: data, already checked. */

/** The types of a value. `integer` is a number without fraction. */
export const VALUE_TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** The matchers of one value; all of them must hold. */
export interface Matcher {
  readonly equals?: unknown;
  readonly in?: readonly unknown[];
  /** Patterns of names, over the whole text. */
  readonly matches?: string | readonly string[];
  /** Absolute paths: the value is one of them or below one. */
  readonly under?: string | readonly string[];
  /** Patterns of hosts, with or without port: the value is a URL of one of them. */
  readonly host?: string | readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** Characters of a text, or elements of an array. */
  readonly max_length?: number;
  readonly type?: ValueType | readonly ValueType[];
  /** Of all elements of an array. */
  readonly each?: Matcher;
  /** True: there is no such argument. False: there is one. */
  readonly absent?: boolean;
  /** For `equals`, `in`, `matches` and `under`: capitals count as small letters. */
  readonly ignore_case?: boolean;
}

/** The matchers of arguments, by JSON Pointer. */
export type ArgumentMatchers = Readonly<Record<string, Matcher>>;

/** One or several, as a list. */
export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value as T];
}
