/** `${VAR}` and its like in the texts of a server entry (docs/configuration.md). */
import { basename, sep } from 'node:path';
import { cwdHere, homeHere, NOWHERE } from '../shared/standard-folders.ts';

/** The variables that substitution reads. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Substituted {
  readonly text: string;
  /** Values that came out of the environment: they may be secret. */
  readonly values: readonly { readonly name: string; readonly value: string }[];
  /** Variables that are not set and have no default. */
  readonly missing: readonly string[];
  /** Every other `${...}` that stands for nothing here, e.g. `${input:token}` of VS Code: left as it is. */
  readonly foreign: readonly string[];
}

/** A name with or without `env:` before and a default after it. */
const VARIABLE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;
/** A secret of the store, which is in the environment of substitution under this name; no variable of a process is called so. */
const SECRET = /^secret:[A-Za-z_][A-Za-z0-9_.-]*$/;
/** References in defaults of references; deeper ones are left as they are. */
const MAX_DEPTH = 8;

/** Names that Cursor and VS Code give to places; undefined where the place is not known. */
const PLACES: ReadonlyMap<string, () => string> = new Map([
  ['workspaceFolder', cwdHere],
  ['workspaceFolderBasename', () => basename(cwdHere())],
  ['userHome', homeHere],
  ['pathSeparator', () => sep],
  ['/', () => sep],
]);

/**
 * Replaces `$$` and every reference once: what a variable holds is not looked at again, so a value cannot name further ones. A
 * default may hold references.
 */
export function substitute(text: string, env: Environment): Substituted {
  const values: { name: string; value: string }[] = [];
  const missing: string[] = [];
  const foreign: string[] = [];

  const standsFor = (whole: string, inner: string): string => {
    const place = placeOf(inner);
    if (place !== undefined) return place;
    const [, name, fallback] = VARIABLE.exec(inner) ?? (SECRET.test(inner) ? [inner, inner] : []);
    if (name === undefined) {
      foreign.push(whole);
      return whole;
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) {
      values.push({ name, value });
      return value;
    }
    if (fallback !== undefined) return replace(fallback);
    missing.push(name);
    return whole;
  };

  const replace = (part: string): string => {
    let result = '';
    let from = 0;
    for (let at = part.indexOf('$'); at >= 0; at = part.indexOf('$', at)) {
      const end = part[at + 1] === '{' ? endOf(part, at + 2) : undefined;
      if (part[at + 1] === '$') {
        result += `${part.slice(from, at)}$`;
        from = at + 2;
      } else if (end !== undefined) {
        result += part.slice(from, at) + standsFor(part.slice(at, end + 1), part.slice(at + 2, end));
        from = end + 1;
      }
      at = Math.max(from, at + 1);
    }
    return result + part.slice(from);
  };

  return { text: replace(text), values, missing, foreign };
}

/** The offset of the brace that ends a reference; undefined where there is none. */
function endOf(text: string, start: number): number | undefined {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '}' && --depth === 0) return at;
    if (text[at] === '{' && text[at - 1] === '$' && ++depth > MAX_DEPTH) return undefined;
  }
  return undefined;
}

function placeOf(name: string): string | undefined {
  const place = PLACES.get(name)?.();
  return place === NOWHERE ? undefined : place;
}
