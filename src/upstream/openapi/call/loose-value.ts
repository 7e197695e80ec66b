/** Arguments as values that are written into addresses, headers and forms: there every number is a text, digit by digit as it was given. */

/** Of a JSON text: numbers are texts. */
export type LooseValue = string | boolean | null | readonly LooseValue[] | { readonly [key: string]: LooseValue };

/** An argument of a caller: its JSON as it was written, and what that says. */
export interface Argument {
  readonly json: string;
  readonly value: LooseValue;
}

/** A string, or a number. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/** @param json valid JSON */
export function looseValue(json: string): LooseValue {
  const texts = json.replace(TOKEN, (token) => (token.startsWith('"') ? token : `"${token}"`));
  return JSON.parse(texts) as LooseValue;
}

/** A value as one text: what is none is JSON. */
export function looseText(value: LooseValue): string {
  if (typeof value === 'string') return value;
  return value === null ? '' : JSON.stringify(value);
}

export function isLooseObject(value: LooseValue): value is { readonly [key: string]: LooseValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
