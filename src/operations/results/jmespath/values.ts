/** Values as JMESPath sees them: their types, which of them are false, equality, and how long they are as JSON. */

import type { Node } from './expression.ts';
import type { Fuel } from './fuel.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** `&expression` as an argument of a function. */
export class Reference {
  readonly node: Node;

  constructor(node: Node) {
    this.node = node;
  }
}

export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Reference) return 'expref';
  return typeof value;
}

export function isFields(value: unknown): value is Fields {
  return typeOf(value) === 'object';
}

/** Empty lists, objects and strings, false and null are false (https://jmespath.org/specification.html, Or Expressions). */
export function isFalse(value: unknown, fuel: Fuel): boolean {
  if (value === '' || value === false || value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isFields(value) && keysOf(value, fuel).length === 0;
}

/** An own member: what every object inherits is no part of a result. */
export function memberOf(value: Fields, name: string): unknown {
  return Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}

export function isEqual(one: unknown, other: unknown, fuel: Fuel): boolean {
  fuel.spend(1);
  if (typeof one === 'string' && typeof other === 'string') {
    if (one.length !== other.length) return false;
    fuel.spendText(one.length);
    return one === other;
  }
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, at) => isEqual(value, other[at], fuel));
  }
  if (!isFields(one) || !isFields(other)) return false;
  const keys = keysOf(one, fuel);
  if (keys.length !== keysOf(other, fuel).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && isEqual(one[key], other[key], fuel));
}

export function keysOf(value: Fields, fuel: Fuel): string[] {
  const keys = Object.keys(value);
  fuel.spend(keys.length);
  return keys;
}

/** JSON text of a value, measured before it is made: a value can hold itself in pieces any number of times. */
export function textOf(value: unknown, fuel: Fuel): string {
  measure(value, fuel);
  return JSON.stringify(value ?? null) ?? 'null';
}

function measure(value: unknown, fuel: Fuel): void {
  if (typeof value === 'string') fuel.spendText(writtenLength(value, fuel));
  else if (Array.isArray(value)) {
    fuel.spend(1 + value.length);
    for (const inner of value) measure(inner, fuel);
  } else if (isFields(value)) {
    for (const key of keysOf(value, fuel)) {
      fuel.spendText(writtenLength(key, fuel));
      measure(value[key], fuel);
    }
  } else fuel.spend(4);
}

/** Characters of a string in JSON, or a few more. */
function writtenLength(text: string, fuel: Fuel): number {
  fuel.spendText(text.length);
  let length = text.length + 2;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22 || code === 0x5c) length++;
    else if (code < 0x20 || (code >= 0xd800 && code <= 0xdfff)) length += 5;
  }
  return length;
}
