/** Inputs of VS Code (`${input:ID}`), which asks for them: here they are in the store, or in the environment. Pure. */
import { type DataMap, isList, isMap, type Json, type JsonObject } from './edit/data.ts';
import { secretName } from './literal-secrets.ts';

export interface Input {
  readonly id: string;
  /** Name in the store, or of the variable. */
  readonly name: string;
  readonly description: string;
  readonly fallback: string | undefined;
}

/** The inputs that a file declares, by id. */
export function inputsOf(file: DataMap): Map<string, Input> {
  const list = file.get('inputs');
  const found = new Map<string, Input>();
  for (const input of isList(list) ? list.filter(isMap) : []) {
    const id = input.get('id');
    if (typeof id !== 'string') continue;
    const text = (key: string): string | undefined => {
      const value = input.get(key);
      return typeof value === 'string' ? value : undefined;
    };
    found.set(id, {
      id,
      name: secretName(id),
      description: text('description') ?? id,
      fallback: defaultOf(text('default')),
    });
  }
  return found;
}

/** A default as it stands in a reference; undefined for one that cannot be said there. */
function defaultOf(text: string | undefined): string | undefined {
  return text === undefined || /[{}]/.test(text) ? undefined : text.replaceAll('$', '$$$$');
}

/** An input that no file declares is asked for by its id. */
export function inputNamed(inputs: ReadonlyMap<string, Input>, id: string): Input {
  return inputs.get(id) ?? { id, name: secretName(id), description: id, fallback: undefined };
}

/**
 * The entry with references to the store, or to the environment, in place of inputs.
 * @param isStored whether the store has, or will have, a value of this name.
 */
export function withoutInputs(
  entry: JsonObject,
  inputs: ReadonlyMap<string, Input>,
  isStored: (name: string) => boolean,
): JsonObject {
  const replace = (value: Json): Json => {
    if (typeof value === 'string') {
      return value.replace(/(\$\$)|\$\{input:([^}]*)\}/g, (whole, dollar: string | undefined, id: string) => {
        if (dollar !== undefined) return whole;
        const { name, fallback } = inputNamed(inputs, id);
        if (isStored(name)) return `\${secret:${name}}`;
        return fallback === undefined ? `\${${name}}` : `\${${name}:-${fallback}}`;
      });
    }
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replace(member)]));
  };
  return replace(entry) as JsonObject;
}
