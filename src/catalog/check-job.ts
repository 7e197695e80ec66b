/** One check of arguments, for whoever has the time: the main thread where it is short, a thread of its own otherwise. */
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { checkableSchema } from './check-schema.ts';

export interface ArgumentCheck {
  /** Text of the input schema, and of the arguments. */
  readonly schema: string;
  readonly args: string;
}

/** The problems, or why the schema cannot be checked against. */
export type Checked = { readonly problems: readonly string[] } | { readonly unusable: string };

/** Problems that are told at once. */
const MAX_PROBLEMS = 3;
/** Compiled schemas that a thread keeps. */
const MAX_KEPT = 16;

/** Of the thread, by the text of the schema; the one that was not used for longest goes first. */
const kept = new Map<string, ValidateFunction>();

export function checkArguments({ schema, args }: ArgumentCheck): Checked {
  let validator = kept.get(schema);
  kept.delete(schema);
  try {
    validator ??= compileSchema(checkableSchema(schema).schema, false);
  } catch (error) {
    return { unusable: error instanceof Error ? error.message.slice(0, 200) : '' };
  }
  for (const oldest of kept.keys()) if (kept.size >= MAX_KEPT) kept.delete(oldest);
  kept.set(schema, validator);
  return { problems: problemsOf(validator, args) };
}

/** @param allErrors false for what may be large: as many errors as values would be kept. @throws Error */
export function compileSchema(schema: object, allErrors: boolean): ValidateFunction {
  const ajv = new Ajv2020({
    strict: false,
    validateFormats: false,
    allErrors,
    logger: false,
    meta: false,
    validateSchema: false,
  });
  return ajv.compile(schema);
}

/** Lists where the arguments (JSON text) do not fit and what was expected, a phrase each. */
export function problemsOf(validator: ValidateFunction, args: string): readonly string[] {
  if (validator(JSON.parse(args))) return [];
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
}
