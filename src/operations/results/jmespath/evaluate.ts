/**
 * Evaluates a parsed JMESPath expression within bounds. The library has an evaluation too, but nothing bounds it: an expression of
 * 300 characters makes values of gigabytes of one of nine, and a thread that runs out of memory takes the process with it.
 */

import type { Node } from './expression.ts';
import type { Fuel } from './fuel.ts';
import { callFunction, type Evaluation, WrongType } from './functions.ts';
import { isEqual, isFalse, isFields, keysOf, memberOf, Reference } from './values.ts';

/** @throws OutOfFuel, WrongType */
export function evaluate(node: Node, value: unknown, fuel: Fuel): unknown {
  const evaluation: Evaluation = { fuel, visit: (inner, of) => visit(inner, of, evaluation) };
  return visit(node, value, evaluation);
}

function visit(node: Node, value: unknown, evaluation: Evaluation): unknown {
  const { fuel } = evaluation;
  fuel.spend(1);
  const child = (at: number, of: unknown = value): unknown => visit(node.children?.[at] as Node, of, evaluation);
  switch (node.type) {
    case 'Field':
      return isFields(value) ? memberOf(value, node.name ?? '') : null;
    case 'Subexpression': {
      const inner = child(0);
      return inner === null ? null : child(1, inner);
    }
    case 'IndexExpression':
    case 'Pipe':
      return child(1, child(0));
    case 'Index':
      return Array.isArray(value) ? (value.at(Number(node.value)) ?? null) : null;
    case 'Slice':
      return Array.isArray(value) ? sliced(value, node.children as SliceBounds, fuel) : null;
    case 'Projection':
      return projected(child(0), node.children?.[1] as Node, evaluation);
    case 'ValueProjection': {
      const base = child(0);
      if (!isFields(base)) return null;
      const values = keysOf(base, fuel).map((key) => base[key]);
      return projected(values, node.children?.[1] as Node, evaluation);
    }
    case 'FilterProjection': {
      const base = child(0);
      if (!Array.isArray(base)) return null;
      const chosen = base.filter((item) => !isFalse(child(2, item), fuel));
      return projected(chosen, node.children?.[1] as Node, evaluation);
    }
    case 'Flatten':
      return flattened(child(0), fuel);
    case 'Comparator':
      return compared(node.name ?? '', child(0), child(1), fuel);
    case 'Identity':
    case 'Current':
      return value;
    case 'MultiSelectList':
      return value === null ? null : node.children?.map((_, at) => child(at));
    case 'MultiSelectHash':
      return value === null ? null : hash(node.children as readonly Node[], value, evaluation);
    case 'OrExpression': {
      const first = child(0);
      return isFalse(first, fuel) ? child(1) : first;
    }
    case 'AndExpression': {
      const first = child(0);
      return isFalse(first, fuel) ? first : child(1);
    }
    case 'NotExpression':
      return isFalse(child(0), fuel);
    case 'Literal':
      return node.value;
    case 'Function':
      return callFunction(node.name ?? '', node.children?.map((_, at) => child(at)) ?? [], evaluation);
    case 'ExpressionReference':
      return new Reference(node.children?.[0] as Node);
    default:
      throw new WrongType();
  }
}

/** Selects a part of each element; parts that are null are left out. */
function projected(base: unknown, node: Node, evaluation: Evaluation): unknown[] | null {
  if (!Array.isArray(base)) return null;
  const collected: unknown[] = [];
  for (const item of base) {
    const selected = evaluation.visit(node, item);
    if (selected !== null) collected.push(selected);
  }
  return collected;
}

function flattened(list: unknown, fuel: Fuel): unknown[] | null {
  if (!Array.isArray(list)) return null;
  fuel.spend(list.length);
  const flat: unknown[] = [];
  for (const item of list) {
    if (!Array.isArray(item)) flat.push(item);
    else {
      fuel.spend(item.length);
      for (const inner of item) flat.push(inner);
    }
  }
  return flat;
}

function hash(pairs: readonly Node[], value: unknown, evaluation: Evaluation): Record<string, unknown> {
  evaluation.fuel.spend(8 * pairs.length);
  return Object.fromEntries(pairs.map((pair) => [pair.name, evaluation.visit(pair.value as Node, value)]));
}

function compared(name: string, one: unknown, other: unknown, fuel: Fuel): boolean | null {
  if (name === 'EQ') return isEqual(one, other, fuel);
  if (name === 'NE') return !isEqual(one, other, fuel);
  // Strings too, which the specification leaves out: times are compared so.
  const isText = typeof one === 'string' && typeof other === 'string';
  if (!isText && !(typeof one === 'number' && typeof other === 'number')) return null;
  if (isText) fuel.spendText(Math.min(one.length, other.length));
  const [first, second] = [one as number, other as number];
  if (name === 'GT') return first > second;
  if (name === 'GTE') return first >= second;
  return name === 'LT' ? first < second : first <= second;
}

type SliceBounds = readonly [start: number | null, stop: number | null, step: number | null];

function sliced(list: readonly unknown[], [start, stop, step]: SliceBounds, fuel: Fuel): unknown[] {
  const by = step ?? 1;
  if (by === 0) throw new WrongType();
  const { length } = list;
  const [least, most] = by < 0 ? [-1, length - 1] : [0, length];
  const within = (bound: number): number => Math.min(Math.max(bound < 0 ? bound + length : bound, least), most);
  const from = start === null ? (by < 0 ? most : least) : within(start);
  const to = stop === null ? (by < 0 ? least : most) : within(stop);
  const found: unknown[] = [];
  for (let at = from; by > 0 ? at < to : at > to; at += by) {
    fuel.spend(1);
    found.push(list[at]);
  }
  return found;
}
