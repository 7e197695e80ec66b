/** Variables of the environment by the rules of OpenTelemetry: empty ones count as not set, values that are not understood are told and ignored. */

type Environment = Readonly<Record<string, string | undefined>>;

export class OtelVariables {
  readonly #env: Environment;
  readonly #problems = new Map<string, string>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** Settings that were given and are not followed: sentences that hold no value. */
  get problems(): readonly string[] {
    return Array.from(this.#problems, ([name, why]) => `${name} ${why}.`);
  }

  refuse(name: string, why: string): void {
    this.#problems.set(name, why);
  }

  text(name: string): string | undefined {
    return this.#env[name]?.trim() || undefined;
  }

  /** The value of the first of them that is set. */
  first(names: readonly string[]): string | undefined {
    return names.map((name) => this.text(name)).find((value) => value !== undefined);
  }

  /** Words separated by commas, in small letters. */
  list(name: string): readonly string[] | undefined {
    return this.text(name)
      ?.toLowerCase()
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  }

  /** A number above zero. */
  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (Number.isFinite(value) && value > 0) return value;
    this.refuse(name, 'is no number above 0 and is ignored');
    return undefined;
  }

  firstCount(names: readonly string[]): number | undefined {
    return names.map((name) => this.count(name)).find((value) => value !== undefined);
  }

  /** One of some words, of the first variable that is set. @param why the end of the sentence about any other */
  either<T extends string>(names: readonly string[], words: readonly T[], why: string): T | undefined {
    const name = names.find((one) => this.text(one) !== undefined);
    if (name === undefined) return undefined;
    const word = this.text(name)?.toLowerCase();
    const found = words.find((one) => one === word);
    if (found === undefined) this.refuse(name, why);
    return found;
  }

  /** `key=value` separated by commas, percent-encoded (W3C Baggage). */
  pairs(name: string): ReadonlyMap<string, string> {
    const pairs = new Map<string, string>();
    for (const pair of this.text(name)?.split(',') ?? []) {
      const at = pair.indexOf('=');
      const key = decoded(pair.slice(0, Math.max(at, 0)).trim());
      const value = decoded(pair.slice(at + 1).trim());
      if (key === undefined || key === '' || value === undefined)
        this.refuse(name, 'has an entry that is not key=value');
      else pairs.set(key, value);
    }
    return pairs;
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
