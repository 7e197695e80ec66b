/** `${VAR}` and `${VAR:-default}` in the texts of a server entry (docs/configuration.md). */

/** The variables that substitution reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substituted {
  readonly text: string;
  /** Values that came out of the environment: they may be secret. */
  readonly values: readonly { readonly name: string; readonly value: string }[];
  /** Variables that are not set and have no default. */
  readonly missing: readonly string[];
  /** `${...}` that is neither form, e.g. `${input:token}` or `${env:TOKEN}` of VS Code: left as it is. */
  readonly foreign: readonly string[];
}

const REFERENCE = /\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?|([^${}]*))\}/g;

/** Replaces every reference once: what a variable holds is not looked at again, so a value cannot name further ones. */
export function substitute(text: string, env: Environment): Substituted {
  const values: { name: string; value: string }[] = [];
  const missing: string[] = [];
  const foreign: string[] = [];
  const replaced = text.replace(REFERENCE, (whole, name: string | undefined, fallback: string | undefined) => {
    if (name === undefined) {
      foreign.push(whole);
      return whole;
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) {
      values.push({ name, value });
      return value;
    }
    if (fallback !== undefined) return fallback;
    missing.push(name);
    return whole;
  });
  return { text: replaced, values, missing, foreign };
}
