/** Values of parameters as OpenAPI writes them (3.1.1, section 4.8.12.2 and appendices C to E; RFC 6570). */
import type { ParameterPlan, Writing } from '../call-plan.ts';
import { ArgumentFault } from './argument-fault.ts';
import { type Argument, isLooseObject, type LooseValue, looseText } from './loose-value.ts';
import { encoded, encodedButReserved } from './percent-encoding.ts';

type Encode = (text: string) => string;
type Pair = readonly [name: string, value: string];

/** Objects inside objects, of deepObject. */
const MAX_DEPTH = 16;

/** The part of a path that a value becomes. */
export function pathText({ name, style, explode, isJson }: Writing, { json, value }: Argument): string {
  if (isJson) return encoded(json);
  if (style === 'matrix') return matrixText(encoded(name), value, explode);
  const separator = explode && style === 'label' ? '.' : ',';
  const text = simpleText(value, explode, separator, encoded);
  return style === 'label' ? `.${text}` : text;
}

/** The value of a header. */
export function headerText({ explode, isJson }: Writing, { json, value }: Argument): string {
  return isJson ? json : simpleText(value, explode, ',', (text) => text);
}

/** The parts of a query, a cookie or a form, `name=value` each, encoded; none for an empty list. */
export function pairsOf(terms: Writing, { json, value }: Argument): readonly string[] {
  const encode = terms.allowReserved ? encodedButReserved : encoded;
  const name = encoded(terms.name);
  if (terms.isJson) return [`${name}=${encode(json)}`];
  if (terms.style === 'deepObject') return deepPairs(name, value, encode, 0).map(joined);
  if (Array.isArray(value)) return listPairs(name, value as readonly LooseValue[], terms, encode);
  if (!isLooseObject(value)) return [`${name}=${encode(looseText(value))}`];
  const members = Object.entries(value).filter(([, member]) => member !== null);
  if (members.length === 0) return [];
  if (terms.explode && terms.style === 'form') {
    return members.map(([key, member]) => `${encoded(key)}=${encode(looseText(member))}`);
  }
  const flat = members.flatMap(([key, member]) => [encode(key), encode(looseText(member))]);
  return [`${name}=${flat.join(separatorOf(terms.style))}`];
}

function listPairs(
  name: string,
  value: readonly LooseValue[],
  { style, explode }: Writing,
  encode: Encode,
): readonly string[] {
  const items = value.filter((item) => item !== null).map((item) => encode(looseText(item)));
  if (items.length === 0) return [];
  return explode ? items.map((item) => `${name}=${item}`) : [`${name}=${items.join(separatorOf(style))}`];
}

function separatorOf(style: ParameterPlan['style']): string {
  if (style === 'spaceDelimited') return '%20';
  return style === 'pipeDelimited' ? '%7C' : ',';
}

/** `name[key]=value`; the specification leaves lists and objects inside open, and most servers read them so. */
function deepPairs(name: string, value: LooseValue, encode: Encode, depth: number): readonly Pair[] {
  if (depth > MAX_DEPTH) throw new ArgumentFault('has objects inside objects that go too deep');
  if (value === null) return [];
  if (Array.isArray(value)) {
    const items = value as readonly LooseValue[];
    return items.flatMap((item, index) => deepPairs(`${name}[${index}]`, item, encode, depth + 1));
  }
  if (!isLooseObject(value)) return [[name, encode(looseText(value))]];
  return Object.entries(value).flatMap(([key, member]) =>
    deepPairs(`${name}[${encoded(key)}]`, member, encode, depth + 1),
  );
}

function joined([name, value]: Pair): string {
  return `${name}=${value}`;
}

function simpleText(value: LooseValue, explode: boolean, separator: string, encode: Encode): string {
  if (Array.isArray(value)) {
    const items = value as readonly LooseValue[];
    return items.map((item) => encode(looseText(item))).join(separator);
  }
  if (!isLooseObject(value)) return encode(looseText(value));
  const members = Object.entries(value).filter(([, member]) => member !== null);
  const pairs = members.map(([key, member]) => [encode(key), encode(looseText(member))]);
  return pairs.map((pair) => pair.join(explode ? '=' : ',')).join(separator);
}

function matrixText(name: string, value: LooseValue, explode: boolean): string {
  if (!explode || !(Array.isArray(value) || isLooseObject(value))) {
    const text = simpleText(value, false, ',', encoded);
    return text === '' ? `;${name}` : `;${name}=${text}`;
  }
  const pairs = Array.isArray(value)
    ? (value as readonly LooseValue[]).map((item): Pair => [name, encoded(looseText(item))])
    : Object.entries(value)
        .filter(([, member]) => member !== null)
        .map(([key, member]): Pair => [encoded(key), encoded(looseText(member))]);
  return pairs.map(([key, text]) => (text === '' ? `;${key}` : `;${key}=${text}`)).join('');
}
