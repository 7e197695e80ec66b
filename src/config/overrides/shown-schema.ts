/** The input schema of a tool without the arguments that agents do not give, and with what is said of the others. Pure. */
import type { ArgumentOverride } from './overrides.ts';

type Schema = Record<string, unknown>;

/** Schemas that are gone through for one argument, and those of them that are copied because others refer to them too: no real one has more. */
const MAX_PARTS = 500;
const MAX_COPIES = 20;
const COMBINING = ['allOf', 'anyOf', 'oneOf'] as const;
const NESTING = ['if', 'then', 'else'] as const;

/** @param schema as JSON; it is not changed */
export function shownSchema(schema: unknown, args: readonly ArgumentOverride[]): unknown {
  const root = structuredClone(schema);
  for (const { path, isHidden, byDefault, isPlain, description } of args) {
    const walk = { root, parts: MAX_PARTS, copies: MAX_COPIES };
    eachPlace(root, path, walk, (properties, token, holder) => {
      if (isHidden || byDefault !== undefined) withoutRequired(holder, token);
      if (isHidden) {
        delete properties[token];
        return;
      }
      const said = byDefault !== undefined && isPlain ? { default: JSON.parse(byDefault) as unknown } : {};
      const before = objectOf(properties[token]) ?? {};
      properties[token] = { ...before, ...(description === undefined ? {} : { description }), ...said };
    });
  }
  return root;
}

interface Walk {
  readonly root: unknown;
  /** What is left of both. */
  parts: number;
  copies: number;
}

type Edit = (properties: Schema, token: string, holder: Schema) => void;

/** Calls `edit` for each place of a schema that describes an argument. */
function eachPlace(node: unknown, path: readonly string[], walk: Walk, edit: Edit): void {
  const schema = objectOf(node);
  const [token = '', ...rest] = path;
  if (schema === undefined || --walk.parts < 0) return;
  inline(schema, walk);
  for (const key of COMBINING) {
    const parts = schema[key];
    if (Array.isArray(parts)) for (const part of parts) eachPlace(part, path, walk, edit);
  }
  for (const key of NESTING) eachPlace(schema[key], path, walk, edit);
  const properties = objectOf(schema['properties']);
  const isThere = properties !== undefined && Object.hasOwn(properties, token);
  if (rest.length === 0) edit(isThere ? properties : {}, token, schema);
  else if (isThere) eachPlace(properties[token], rest, walk, edit);
}

/** Puts a copy of what a schema refers to into it: others that refer to the same stay as they are. */
function inline(schema: Schema, walk: Walk): void {
  const { $ref: ref } = schema;
  if (typeof ref !== 'string' || !ref.startsWith('#/') || walk.copies === 0) return;
  const target = ref
    .slice(2)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, token) => {
      const object = objectOf(value);
      return object !== undefined && Object.hasOwn(object, token) ? object[token] : undefined;
    }, walk.root);
  const copy = objectOf(structuredClone(target));
  if (copy === undefined) return;
  walk.copies--;
  delete schema['$ref'];
  for (const [key, value] of Object.entries(copy)) {
    if (!Object.hasOwn(schema, key) && key !== '__proto__') schema[key] = value;
  }
}

function withoutRequired(schema: Schema, token: string): void {
  const { required } = schema;
  if (!Array.isArray(required) || !required.includes(token)) return;
  const left = required.filter((name) => name !== token);
  if (left.length === 0) delete schema['required'];
  else schema['required'] = left;
}

function objectOf(value: unknown): Schema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : undefined;
}
