/** The schema of what an operation answers, where that is always JSON of one kind. */
import type { ApiDocument, Located } from '../document/api-document.ts';
import type { ApiOperation } from '../document/api-operations.ts';
import { fieldsOf, own } from '../document/fields.ts';
import { SchemaWriter } from './schema-writer.ts';

const JSON_TYPE = /^application\/(?:json|[\w.+-]+\+json)(?:\s*;|$)/i;
/** Characters of an output schema, roughly. */
const MAX_OUTPUT = 5000;

export interface OutputSchema {
  readonly schema: Readonly<Record<string, unknown>>;
}

/**
 * The schema of `structuredContent`: that is an object, so that what is none stands under `result`.
 * @returns undefined where an answer may be something else, or nothing, or where it is not said
 */
export function outputSchemaOf(
  document: ApiDocument,
  { responses, method }: ApiOperation,
): Readonly<Record<string, unknown>> | undefined {
  if (method === 'head') return undefined;
  const successes = Object.entries(fieldsOf(responses.value) ?? {}).filter(([status]) => /^2/.test(status));
  const schemas = successes.map(([, response]) =>
    jsonSchemaOf(document, document.follow(document.inside(responses, response))),
  );
  const [first, ...others] = schemas;
  if (first === undefined || others.some((other) => other === undefined || !isSame(first, other))) return undefined;
  const writer = new SchemaWriter(document, 'output', MAX_OUTPUT);
  const root = document.follow(first);
  const isObject = isObjectSchema(document, root);
  const schema = writer.write({ ...root, id: undefined });
  const definitions = writer.definitions();
  const more = definitions === undefined ? {} : { $defs: definitions };
  if (isObject && typeof schema === 'object') return { ...schema, type: 'object', ...more };
  // What is said nothing of may be an object, which would stand as it is.
  return saysType(root) ? { type: 'object', properties: { result: schema }, required: ['result'], ...more } : undefined;
}

function jsonSchemaOf(document: ApiDocument, response: Located): Located | undefined {
  const content = Object.entries(fieldsOf(own(fieldsOf(response.value), 'content')) ?? {});
  const schema = content.map(([, media]) => own(fieldsOf(media), 'schema'));
  if (content.length === 0 || !content.every(([type]) => JSON_TYPE.test(type)) || schema[0] === undefined)
    return undefined;
  return document.inside(response, schema[0]);
}

function isSame(one: Located, other: Located): boolean {
  const reference = own(fieldsOf(one.value), '$ref');
  return one.value === other.value || (reference !== undefined && reference === own(fieldsOf(other.value), '$ref'));
}

/** True where the value can only be an object. */
function isObjectSchema(document: ApiDocument, { value, ...at }: Located, depth = 0): boolean {
  const fields = fieldsOf(value);
  const type = own(fields, 'type');
  if (own(fields, 'nullable') === true) return false;
  if (type !== undefined)
    return type === 'object' || (Array.isArray(type) && type.length === 1 && type[0] === 'object');
  if (own(fields, 'properties') !== undefined) return true;
  const all = own(fields, 'allOf');
  if (!Array.isArray(all) || depth > 4) return false;
  return all.some((part) =>
    isObjectSchema(document, document.follow(document.inside({ value, ...at }, part)), depth + 1),
  );
}

function saysType({ value }: Located): boolean {
  const type = own(fieldsOf(value), 'type');
  const types = Array.isArray(type) ? type : [type];
  return type !== undefined && !types.includes('object') && own(fieldsOf(value), 'nullable') !== true;
}
