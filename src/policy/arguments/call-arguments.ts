/** The arguments of one call, read when a rule first asks for them. */
import { foldCase } from '../../protocol/fold-case.ts';

/** The JSON text of the arguments as it is forwarded, without duplicate keys. */
export class CallArguments {
  readonly text: string;
  #value: unknown;
  #isRead = false;

  constructor(text: string) {
    this.text = text;
  }

  /** Undefined where the text is no JSON. */
  get value(): unknown {
    if (!this.#isRead) {
      this.#isRead = true;
      this.#value = parse(this.text);
    }
    return this.#value;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value at a place of the arguments. */
type Found = { readonly value: unknown } | 'absent' | 'doubt';

/**
 * Follows a JSON Pointer. In doubt is what a reader without regard to case could find elsewhere, and what would be inside of a string: some
 * servers read JSON there.
 */
export function lookUp(root: unknown, pointer: readonly string[]): Found {
  let value = root;
  for (const token of pointer) {
    if (Array.isArray(value)) {
      if (!INDEX.test(token)) return 'doubt';
      if (Number(token) >= value.length) return 'absent';
      value = value[Number(token)];
    } else if (isObject(value)) {
      if (!isClear(value, token)) return 'doubt';
      if (!Object.hasOwn(value, token)) return 'absent';
      value = value[token];
    } else {
      return value === null ? 'absent' : 'doubt';
    }
  }
  return { value };
}

const INDEX = /^(?:0|[1-9][0-9]{0,9})$/;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const PROTOTYPE = '__proto__';

/**
 * True if no two keys are equal but for case, none but itself is equal to `wanted` in that way, and none is the prototype, in which programs
 * that copy the object look for members that it does not have.
 */
export function isClear(object: Readonly<Record<string, unknown>>, wanted?: string): boolean {
  const folded = new Set<string>();
  const target = wanted === undefined ? undefined : foldCase(wanted);
  for (const key of Object.keys(object)) {
    const one = foldCase(key);
    if (folded.has(one) || (one === target && key !== wanted) || key === PROTOTYPE) return false;
    folded.add(one);
  }
  return true;
}

/** The same for an object and everything in it. Recursion ends: messages have bounded depth. */
export function isClearWithin(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isClearWithin);
  return !isObject(value) || (isClear(value) && Object.values(value).every(isClearWithin));
}

/** The steps of a JSON Pointer (RFC 6901); undefined for a text that is none. */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}
