/** Arguments as an expression sees them. */
import { foldCase } from '../../protocol/fold-case.ts';
import { isClear, isObject } from './call-arguments.ts';

interface CelValue {
  /** Objects are maps: no key means anything by itself. */
  readonly value: unknown;
  /** Of the largest list or map. */
  readonly elements: number;
}

/**
 * Undefined where servers may read something else: keys that are equal but for case, among each other or with a name that the expression looks
 * for, and numbers that are not the same for all.
 */
export function celValue(value: unknown, names: ReadonlySet<string>): CelValue | undefined {
  const folded = new Map(Array.from(names, (name) => [foldCase(name), name]));
  let elements = 0;
  let isCertain = true;
  const read = (one: unknown): unknown => {
    if (typeof one === 'number') {
      if (Number.isInteger(one) ? !Number.isSafeInteger(one) : !Number.isFinite(one)) isCertain = false;
      return one;
    }
    if (Array.isArray(one)) {
      elements = Math.max(elements, one.length);
      return one.map(read);
    }
    if (!isObject(one)) return one;
    const keys = Object.keys(one);
    elements = Math.max(elements, keys.length);
    if (!isClear(one) || keys.some((key) => !names.has(key) && folded.has(foldCase(key)))) isCertain = false;
    return new Map(keys.map((key) => [key, read(one[key])]));
  };
  const made = read(value);
  return isCertain ? { value: made, elements } : undefined;
}
