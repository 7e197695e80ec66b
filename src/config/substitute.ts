/** `${VAR}` and its like in the texts of a server entry (docs/configuration.md). */
import { basename, sep } from 'node:path';
import { cwdHere, homeHere, NOWHERE } from '../shared/places.ts';

/** The variables that substitution reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Substituted {
  readonly text: string;
  /** Values that came out of the environment: they may be secret. */
  readonly values: readonly { readonly name: string; readonly value: string }[];
  /** Variables that are not set and have no default. */
  readonly missing: readonly string[];
  /** Every other `${...}` that stands for nothing here, e.g. `${input:token}` of VS Code: left as it is. */
  readonly foreign: readonly string[];
}

/** `$$`; then a name with or without `env:` before and a default after it; then anything else in braces. */
const REFERENCE = /\$\$|\$\{(?:(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?|([^{}]*))\}/g;

/** Names that Cursor and VS Code give to places; undefined where the place is not known. */
const PLACES: ReadonlyMap<string, () => string> = new Map([
  ['workspaceFolder', cwdHere],
  ['workspaceFolderBasename', () => basename(cwdHere())],
  ['userHome', homeHere],
  ['pathSeparator', () => sep],
  ['/', () => sep],
]);

/** Replaces every reference once: what a variable holds is not looked at again, so a value cannot name further ones. */
export function substitute(text: string, env: Environment): Substituted {
  const values: { name: string; value: string }[] = [];
  const missing: string[] = [];
  const foreign: string[] = [];
  const replaced = text.replace(REFERENCE, (whole, name?: string, fallback?: string, other?: string) => {
    if (whole === '$$') return '$';
    const place = placeOf(whole.slice(2, -1));
    if (place !== undefined) return place;
    if (name === undefined || other !== undefined) {
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

function placeOf(name: string): string | undefined {
  const place = PLACES.get(name)?.();
  return place === NOWHERE ? undefined : place;
}
