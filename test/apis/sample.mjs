/** Makes a value that fits a JSON schema, always the same one: what a schema demands, and no more. */
import fc from 'fast-check';

const DEEPEST = 12;
const FORMATS = new Map([
  ['date-time', '2026-01-02T03:04:05Z'],
  ['date', '2026-01-02'],
  ['time', '03:04:05Z'],
  ['email', 'a@example.com'],
  ['uri', 'https://example.com/a'],
  ['url', 'https://example.com/a'],
  ['uuid', '7b2f5c3e-8a1d-4c6b-9e0f-1a2b3c4d5e6f'],
  ['ipv4', '192.0.2.1'],
  ['ipv6', '2001:db8::1'],
  ['hostname', 'example.com'],
  ['byte', 'YWI='],
]);

const KEYWORDS = ['type', '$ref', 'allOf', 'anyOf', 'oneOf', 'enum', 'const', 'properties'];

/** A schema that lets nothing sensible in has no sample. */
export class NoSample extends Error {}

/**
 * @param {object} schema with its `$defs`
 * @returns the arguments of a tool: those that it needs, and `more` of the others
 */
export function sampleArguments(schema, more = 2) {
  const { properties = {}, required = [], $defs = {} } = schema;
  const others = Object.keys(properties).filter((name) => !required.includes(name) && name !== 'body');
  const names = [...required, ...others.slice(0, more)];
  // A schema that was too long for a tool says nothing.
  if (required.includes('body') && !KEYWORDS.some((key) => key in Object(properties.body))) throw new NoSample('open');
  return Object.fromEntries(names.map((name) => [name, sample(properties[name] ?? {}, $defs, 0)]));
}

function sample(schema, defs, depth) {
  if (depth > DEEPEST) throw new NoSample('too deep');
  if (schema === true || schema === undefined) return 'a';
  if (schema === false) throw new NoSample('nothing fits');
  const { $ref, allOf, anyOf, oneOf, not, ...own } = schema;
  if ($ref !== undefined) return sample({ ...defs[$ref.slice('#/$defs/'.length)], ...own }, defs, depth + 1);
  if (allOf !== undefined) return sample(merged([own, ...allOf], defs, depth), defs, depth + 1);
  if ('const' in schema) return schema.const;
  if (schema.enum !== undefined) return schema.enum.find((one) => one !== null && one !== '') ?? schema.enum[0];
  const choices = oneOf ?? anyOf;
  if (choices !== undefined) return firstOf(choices, own, defs, depth);
  if (not !== undefined && Object.keys(own).length === 0) throw new NoSample('not');
  return plain(own, defs, depth);
}

function firstOf(choices, own, defs, depth) {
  for (const choice of choices) {
    try {
      return sample(merged([own, choice], defs, depth), defs, depth + 1);
    } catch (error) {
      if (!(error instanceof NoSample)) throw error;
    }
  }
  throw new NoSample('no choice fits');
}

/** All of these at once. */
function merged(parts, defs, depth) {
  let all = {};
  for (const part of parts) {
    let { $ref, allOf, ...own } = part;
    if (depth > DEEPEST) throw new NoSample('too deep');
    if ($ref !== undefined) own = merged([defs[$ref.slice('#/$defs/'.length)] ?? {}, own], defs, depth + 1);
    if (allOf !== undefined) own = merged([own, ...allOf], defs, depth + 1);
    all = {
      ...all,
      ...own,
      ...(all.properties && own.properties && { properties: { ...all.properties, ...own.properties } }),
      ...(all.required && own.required && { required: [...all.required, ...own.required] }),
    };
  }
  return all;
}

function plain(schema, defs, depth) {
  const { type, properties, items } = schema;
  const kind = Array.isArray(type) ? type.find((one) => one !== 'null') : type;
  switch (kind ?? (properties !== undefined ? 'object' : items !== undefined ? 'array' : 'string')) {
    case 'object':
      return object(schema, defs, depth);
    case 'array':
      return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () => sample(items ?? {}, defs, depth + 1));
    case 'integer':
      return Math.ceil(number(schema, 1));
    case 'number':
      return number(schema, 0);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return text(schema);
  }
}

function object({ properties = {}, required = [], minProperties = 0, additionalProperties }, defs, depth) {
  const optional = Object.keys(properties).filter((name) => !required.includes(name));
  const names = [...new Set([...required, ...optional.slice(0, Math.max(0, minProperties - required.length))])];
  if (additionalProperties === false && required.some((name) => !(name in properties)))
    throw new NoSample('nothing fits');
  const open = typeof additionalProperties === 'object' ? additionalProperties : {};
  return Object.fromEntries(names.map((name) => [name, sample(properties[name] ?? open, defs, depth + 1)]));
}

function number({ minimum, maximum, exclusiveMinimum, multipleOf = 1 }, step) {
  const low = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + (step || 0.5));
  const wanted = low ?? Math.min(1, maximum ?? 1);
  return Math.ceil(wanted / multipleOf) * multipleOf;
}

function text({ format, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }) {
  if (pattern !== undefined) return matching(pattern, minLength, maxLength);
  const known = FORMATS.get(format) ?? 'a';
  return known.length > maxLength ? known.slice(0, maxLength) : known.padEnd(minLength, 'a');
}

function matching(pattern, minLength, maxLength) {
  const fits = (found) => found.length >= minLength && found.length <= maxLength && /^[\x21-\x7e]+$/.test(found);
  try {
    const arbitrary = fc.stringMatching(new RegExp(pattern));
    const found = fc.sample(arbitrary, { numRuns: 200, seed: 1 }).find((one) => fits(one) && !/[/\\%]/.test(one));
    if (found !== undefined) return found;
  } catch {
    // Not every pattern is understood.
  }
  throw new NoSample(`pattern ${pattern}`);
}
