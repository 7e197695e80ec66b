/** Reads the arguments of a gateway tool from the spans of the request, each with an error that names tool and argument. */
import {
  findMember,
  isEmptyArray,
  type Member,
  parsedValue,
  type ScannedObject,
  stringValue,
} from '../../protocol/members.ts';
import { scanObject } from '../../protocol/scan.ts';
import { ScanError } from '../../protocol/scan-error.ts';
import { GatewayError } from '../../shared/errors.ts';

/** Depth that a JSON object inside a string may have; the message around it was checked before. */
const MAX_ARGS_DEPTH = 64;
/** Names and patterns are matched against every rule; no real one is longer. */
const MAX_STRING = 1024;
/** Characters of the JSON of a list of names or any other value, and of an object inside a string. */
const MAX_VALUE = 64 * 1024;
const MAX_INSIDE = 1024 * 1024;

/** Models write values as strings, and the Python gateway took them. */
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);
const WHOLE = /^\s*\d{1,16}(?:\.0+)?\s*$/;

export interface Arguments {
  /** A string, or undefined where it is absent, null or empty. */
  string(name: string): string | undefined;
  /** A string of up to so many characters, exactly as it is. @throws GatewayError INVALID_ARGUMENTS where it is absent too. */
  longString(name: string, most: number): string;
  /** @throws GatewayError INVALID_ARGUMENTS where it is absent too. */
  requiredString(name: string): string;
  /** True or false, or a string that says so. */
  boolean(name: string): boolean | undefined;
  /** A whole number of at least 1, or a string that is one. */
  count(name: string): number | undefined;
  /** The same of at least 0. */
  offset(name: string): number | undefined;
  /** Comma-separated string or array of strings. */
  names(name: string): readonly string[] | undefined;
  /** The text of a JSON object, given as one or inside a string; `{}` where it is absent. */
  object(name: string): ObjectArgument;
}

export interface ObjectArgument {
  readonly text: string;
  readonly keys: readonly string[];
}

/**
 * @param allowed the names that the tool knows; others are refused rather than ignored, since an ignored `arguments`
 *   would run a tool with none.
 */
export function readArguments(
  tool: string,
  allowed: readonly string[],
  text: string,
  object: ScannedObject | undefined,
): Arguments {
  for (const member of object?.members ?? []) {
    if (!allowed.includes(member.key)) {
      const what = `unknown argument ${JSON.stringify(member.key.slice(0, 64))}. It takes ${allowed.join(', ')}.`;
      throw new GatewayError('INVALID_ARGUMENTS', `${tool}: ${what}`);
    }
  }
  return new ScannedArguments(tool, text, object);
}

/** A class, because every call makes one. */
class ScannedArguments implements Arguments {
  readonly #tool: string;
  readonly #text: string;
  readonly #object: ScannedObject | undefined;

  constructor(tool: string, text: string, object: ScannedObject | undefined) {
    this.#tool = tool;
    this.#text = text;
    this.#object = object;
  }

  string(name: string): string | undefined {
    return this.#string(name, MAX_STRING);
  }

  longString(name: string, most: number): string {
    return this.#string(name, most) ?? this.#missing(name);
  }

  requiredString(name: string): string {
    return this.string(name) ?? this.#missing(name);
  }

  boolean(name: string): boolean | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return BOOLEANS.get(String(value).toLowerCase()) ?? this.#refuse(`${name} must be true or false.`);
  }

  count(name: string): number | undefined {
    return this.#number(name, 1);
  }

  offset(name: string): number | undefined {
    return this.#number(name, 0);
  }

  names(name: string): readonly string[] | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const list = typeof value === 'string' ? value.split(',') : value;
    if (!Array.isArray(list) || !list.every((entry) => typeof entry === 'string')) {
      return this.#refuse(`${name} must be a comma-separated string or an array of strings.`);
    }
    return list.map((entry) => entry.trim()).filter((entry) => entry !== '');
  }

  object(name: string): ObjectArgument {
    const member = this.#present(name);
    if (member === undefined || isEmptyArray(this.#text, member)) return { text: '{}', keys: [] };
    const raw = this.#text.slice(member.start, member.end);
    // Scanned with the message already, which is stricter than what follows.
    if (member.object !== undefined) return { text: raw, keys: member.object.members.map((found) => found.key) };
    if (raw.length > MAX_INSIDE)
      return this.#refuse(
        `${name} is longer than ${MAX_INSIDE} characters: give a JSON object, not a string that holds one.`,
      );
    const json = raw.startsWith('"') ? (JSON.parse(raw) as string) : raw;
    try {
      const scanned = scanObject(json, {}, { maxDepth: MAX_ARGS_DEPTH, uniqueKeys: true });
      return { text: json.slice(scanned.start, scanned.end), keys: scanned.members.map((found) => found.key) };
    } catch (error) {
      if (!(error instanceof ScanError)) throw error;
      return this.#refuse(`${name} must be a JSON object, or a string that holds one.`);
    }
  }

  #string(name: string, most: number): string | undefined {
    const member = this.#present(name);
    if (member === undefined) return undefined;
    const value = stringValue(this.#text, member);
    if (value === undefined) return this.#refuse(`${name} must be a string.`);
    if (value.length > most) return this.#refuse(`${name} is longer than ${most} characters.`);
    return value === '' ? undefined : value;
  }

  #missing(name: string): never {
    return this.#refuse(`${name} is required and must be a string.`);
  }

  #present(name: string): Member | undefined {
    return findMember(this.#object, name);
  }

  #value(name: string): unknown {
    const member = this.#present(name);
    if (member !== undefined && member.end - member.start > MAX_VALUE)
      return this.#refuse(`${name} is longer than ${MAX_VALUE} characters.`);
    return parsedValue(this.#text, member);
  }

  #number(name: string, least: number): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && WHOLE.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least) return number;
    return this.#refuse(`${name} must be a whole number of at least ${least}.`);
  }

  #refuse(message: string): never {
    throw new GatewayError('INVALID_ARGUMENTS', `${this.#tool}: ${message}`);
  }
}
