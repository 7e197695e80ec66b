/**
 * Whether arguments fit a tool's input schema (JSON Schema 2020-12), and where they do not. Schemas come from servers and
 * arguments from models: nothing of either is run as a pattern, nothing is fetched, and what could take long is not checked.
 */
import type { ValidateFunction } from 'ajv';
import type { Log } from '../downstream/types.ts';
import type { ToolEntry } from './entry.ts';

/** Characters of a schema, and of arguments, that are checked. */
const MAX_SCHEMA = 200_000;
const MAX_ARGUMENTS = 500_000;
/** Subschemas after references were followed: bounds the time of a check. */
const MAX_EXPANDED = 20_000;
/** Problems that are told at once. */
const MAX_PROBLEMS = 3;
/** Patterns can take for ever, comparing all items with all takes long, and the rest is about other documents. */
const NOT_EVALUATED: ReadonlySet<string> = new Set([
  '$async',
  '$id',
  '$schema',
  'pattern',
  'patternProperties',
  'uniqueItems',
]);
/** Keywords whose members are names, not keywords. */
const NAMING: ReadonlySet<string> = new Set(['$defs', 'definitions', 'dependentSchemas', 'properties']);
/** Keywords whose value is data. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'examples']);
const MAX_SCHEMA_DEPTH = 64;

export interface Checker {
  /**
   * @param args JSON text of an object.
   * @returns where the arguments do not fit and what was expected, a phrase each; empty where they fit or nothing can be said.
   */
  problems(server: string, entry: ToolEntry, args: string): Promise<readonly string[]>;
}

export function createChecker(log: Log): Checker {
  // By definition: a schema that changes is a new entry.
  const compiled = new WeakMap<ToolEntry, Promise<ValidateFunction | undefined>>();
  const validatorOf = (server: string, entry: ToolEntry): Promise<ValidateFunction | undefined> => {
    let validator = compiled.get(entry);
    if (validator === undefined) {
      validator = compile(entry).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message.slice(0, 200) : '';
        log.warn(
          { server, tool: entry.name, reason },
          'arguments of a tool cannot be checked: its schema does not compile',
        );
        return undefined;
      });
      compiled.set(entry, validator);
    }
    return validator;
  };
  return {
    async problems(server, entry, args) {
      if (args.length > MAX_ARGUMENTS) return [];
      const validator = await validatorOf(server, entry);
      if (validator === undefined || validator(JSON.parse(args))) return [];
      const said = (validator.errors ?? []).map(({ instancePath, message, params }) => {
        const allowed: unknown = params?.['allowedValues'];
        const values = Array.isArray(allowed)
          ? `: ${allowed
              .slice(0, 20)
              .map((value) => JSON.stringify(value))
              .join(', ')}`
          : '';
        const extra: unknown = params?.['additionalProperty'];
        const name = typeof extra === 'string' ? ` (${JSON.stringify(extra.slice(0, 64))})` : '';
        return `${instancePath === '' ? 'arguments' : instancePath} ${message ?? 'do not fit'}${values}${name}`;
      });
      return [...new Set(said)].slice(0, MAX_PROBLEMS);
    },
  };
}

async function compile({ inputSchema }: ToolEntry): Promise<ValidateFunction> {
  if (inputSchema.length > MAX_SCHEMA) throw new Error('It is too long.');
  const schema = evaluated(JSON.parse(inputSchema), 0);
  if (typeof schema !== 'object' || schema === null) throw new Error('It is no object.');
  expand(schema);
  // Not loaded before it is needed: most calls succeed.
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const ajv = new Ajv2020({
    strict: false,
    validateFormats: false,
    allErrors: true,
    logger: false,
    meta: false,
    validateSchema: false,
  });
  return ajv.compile(schema);
}

/** A schema without what is not evaluated. */
function evaluated(schema: unknown, depth: number): unknown {
  if (depth > MAX_SCHEMA_DEPTH) throw new Error('It is nested too deep.');
  if (Array.isArray(schema)) return schema.map((inner) => evaluated(inner, depth + 1));
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => {
    if (NOT_EVALUATED.has(key)) return false;
    // What patterns allow would be refused as additional.
    return !('patternProperties' in schema && /^(?:additional|unevaluated)Properties$/.test(key));
  });
  return Object.fromEntries(
    kept.map(([key, inner]) => {
      if (DATA.has(key)) return [key, inner];
      if (!NAMING.has(key) || typeof inner !== 'object' || inner === null) return [key, evaluated(inner, depth + 1)];
      const members = Object.entries(inner).map(([name, member]) => [name, evaluated(member, depth + 1)]);
      return [key, Object.fromEntries(members)];
    }),
  );
}

/** Counts subschemas as a check meets them. @throws Error for too many of them, or for one inside itself */
function expand(root: object): void {
  let left = MAX_EXPANDED;
  const open = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (--left < 0) throw new Error('It is too large.');
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$defs' || key === 'definitions') continue;
      if (key !== '$ref' || typeof inner !== 'string') visit(inner);
      else follow(inner);
    }
  };
  const follow = (target: string): void => {
    if (open.has(target)) throw new Error('It refers to itself.');
    if (!target.startsWith('#')) throw new Error('It refers to another document.');
    open.add(target);
    let found: unknown = root;
    for (const step of target.slice(2).split('/')) {
      const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      found =
        typeof found === 'object' && found !== null && Object.hasOwn(found, name)
          ? (found as Record<string, unknown>)[name]
          : undefined;
    }
    visit(found);
    open.delete(target);
  };
  visit(root);
}
