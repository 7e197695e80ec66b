/** Secrets that stand in an entry as they are: found, named, and replaced by a reference. Pure. */
import { secretsIn, secretsOfArguments, secretsOfUrl } from '../config/secret-values.ts';
import { substitute } from '../config/substitute.ts';
import type { Json, JsonObject } from './edit/data.ts';

export interface FoundSecret {
  /** Name in the store. */
  readonly name: string;
  readonly value: string;
  /** The place it stood at: `env.GITHUB_TOKEN`, `args[3]`. Never the value. */
  readonly field: string;
}

interface WithoutSecrets {
  readonly entry: JsonObject;
  readonly secrets: readonly FoundSecret[];
}

/** @returns the name under which a value is kept, e.g. one that it has already. */
type NameSecret = (wanted: string, value: string) => string;

/** Replaces every literal secret of an entry by `${secret:NAME}`. */
export function takeSecrets(server: string, entry: JsonObject, nameSecret: NameSecret): WithoutSecrets {
  const secrets: FoundSecret[] = [];
  const replace = (text: string, values: readonly string[], field: string, wanted: string): string => {
    let made = text;
    for (const value of outermost(text, values)) {
      const name = nameSecret(wanted, meant(value));
      secrets.push({ name, value: meant(value), field });
      made = made.split(value).join(`\${secret:${name}}`);
    }
    return made;
  };
  const made: Record<string, Json> = { ...entry };
  for (const key of ['env', 'headers'] as const) {
    const map = entry[key];
    if (!isObject(map)) continue;
    made[key] = Object.fromEntries(
      Object.entries(map).map(([name, value]) => {
        if (typeof value !== 'string') return [name, value];
        const wanted = key === 'env' ? name : `${server}_${name}`;
        return [name, replace(value, secretsIn(name, value), `${key}.${name}`, wanted)];
      }),
    );
  }
  if (isTexts(entry['args'])) made['args'] = argsOf(entry['args'], server, replace);
  if (typeof entry['url'] === 'string') {
    made['url'] = replace(entry['url'], secretsOfUrl(entry['url']), 'url', `${server}_url`);
  }
  const oauth = entry['oauth'];
  if (isObject(oauth) && typeof oauth['clientSecret'] === 'string') {
    const value = oauth['clientSecret'];
    made['oauth'] = {
      ...oauth,
      clientSecret: replace(value, [value], 'oauth.clientSecret', `${server}_client_secret`),
    };
  }
  return { entry: made, secrets };
}

type Replace = (text: string, values: readonly string[], field: string, wanted: string) => string;

function argsOf(args: readonly string[], server: string, replace: Replace): string[] {
  return args.map((arg, at) => {
    const before = args[at - 1];
    // A flag gives its value the name that says what it is.
    const flag = before !== undefined && /^--?[A-Za-z][\w-]*$/.test(before) ? [before] : [];
    const values = secretsOfArguments([...flag, arg]);
    const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(arg);
    const named = /^(?:--?)?([A-Za-z][\w-]*)[=:]/.exec(arg)?.[1] ?? flag[0]?.replace(/^-+/, '');
    const header = /^--?H(?:eader)?$/i.test(flag[0] ?? '') ? /^([\w-]+):/.exec(arg)?.[1] : undefined;
    return replace(arg, values, `args[${at}]`, `${server}_${header ?? (isUrl ? 'url' : named) ?? 'key'}`);
  });
}

/**
 * The pieces to replace: those that stand in the text and hold no reference, of pieces that overlap the one that is the credential
 * (the part behind `Bearer`), else the longest.
 */
function outermost(text: string, values: readonly string[]): string[] {
  const credential = /^(?:bearer|basic|token|apikey|digest|negotiate|key)\s+(\S.*)$/i.exec(text.trim())?.[1];
  const candidates = values.filter((value) => value.length >= 4 && text.includes(value) && !/\$\{/.test(value));
  if (credential !== undefined && candidates.includes(credential)) return [credential];
  const sorted = [...new Set(candidates)].sort((one, other) => other.length - one.length);
  const taken: string[] = [];
  for (const value of sorted) if (!taken.some((other) => other.includes(value))) taken.push(value);
  return taken;
}

/** Reads a text of an entry without references: `$$` is one dollar sign. */
function meant(text: string): string {
  return substitute(text, {}).text;
}

/** A name for the store: capitals, digits and `_`. */
export function secretName(wanted: string): string {
  const name = wanted
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase();
  return /^[A-Z]/.test(name) ? name.slice(0, 120) : `KEY_${name}`.slice(0, 120);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
