/** One check of arguments, for whoever has the time: the main thread where it is short, a thread of its own otherwise. */
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { checkableSchema, isShortCheck } from './check-schema.ts';

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

interface Compiled {
  readonly weight: number;
  readonly schema: object;
  /** By whether all errors are told. */
  readonly validators: Map<boolean, ValidateFunction>;
}

/** Of the thread, by the text of the schema; the one that was not used for longest goes first. */
const kept = new Map<string, Compiled>();

export function checkArguments({ schema: text, args }: ArgumentCheck): Checked {
  try {
    const compiled = kept.get(text) ?? { ...checkableSchema(text), validators: new Map() };
    kept.delete(text);
    const allErrors = isShortCheck(compiled.weight, args);
    const validator = compiled.validators.get(allErrors) ?? compileSchema(compiled.schema, allErrors);
    compiled.validators.set(allErrors, validator);
    for (const oldest of kept.keys()) if (kept.size >= MAX_KEPT) kept.delete(oldest);
    kept.set(text, compiled);
    return { problems: problemsOf(validator, args) };
  } catch (error) {
    return { unusable: error instanceof Error ? error.message.slice(0, 200) : '' };
  }
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
