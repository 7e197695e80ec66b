/** What an entry says about how something of its server appears to agents: the one place that maps shown names to those of the server. */
import { createHash } from 'node:crypto';
import type { OfferKind } from '../../policy/rules-data.ts';
import { GatewayError } from '../../shared/errors.ts';
import { quote } from '../quote-name.ts';
import { givenAnyway, isSame, putInto } from './put-arguments.ts';
import { shownDefinition } from './shown-definition.ts';
import { unknownOverrides } from './unknown-overrides.ts';

/** The kinds of things that an entry speaks of. `resources` are those and their templates. */
export const OVERRIDE_KINDS = ['tools', 'prompts', 'resources'] as const;
export type OverrideKind = (typeof OVERRIDE_KINDS)[number];

export interface ArgumentOverride {
  /** As it is written. */
  readonly pointer: string;
  /** Its steps in the arguments; of a prompt, in the params of its request. */
  readonly path: readonly string[];
  /** JSON text of the value of every call. */
  readonly fixed: string | undefined;
  /** JSON text of the value of calls without it. */
  readonly byDefault: string | undefined;
  /** True if agents may see `byDefault`: it stands in the file as it is. */
  readonly isPlain: boolean;
  readonly description: string | undefined;
  /** True if agents neither see nor give it. */
  readonly isHidden: boolean;
}

/** How long results of a tool that only reads are kept, and for whom. */
export interface CacheTerms {
  readonly ttlMs: number;
  /** Bytes of all results of the tool; undefined takes the default. */
  readonly maxBytes: number | undefined;
  /** True if the result of one principal is for the others too. */
  readonly isPublic: boolean;
}

/** One tool, prompt, resource or template. */
export interface ItemOverride {
  readonly name: string | undefined;
  readonly title: string | undefined;
  readonly description: string | undefined;
  readonly annotations: Readonly<Record<string, unknown>> | undefined;
  readonly isHidden: boolean;
  readonly args: readonly ArgumentOverride[];
  /** Cost of a call. */
  readonly cost: number | undefined;
  readonly loopBreaker: number | 'off' | undefined;
  readonly cache: CacheTerms | undefined;
  /** JSON text of all that the entry says about how it appears, before variables are replaced. */
  readonly text: string;
}

type Items = ReadonlyMap<string, ItemOverride>;

/** Stands for the principal in a value, until there is a call. No text of a file has it. */
export const PRINCIPAL = '\0principal\0';
const WRITTEN_PRINCIPAL = JSON.stringify(PRINCIPAL).slice(1, -1);

/** The kinds of things that an entry speaks of, as rules name them: skills are as their servers have them. */
type Shaped = Exclude<OfferKind, 'skill'>;
const KIND_OF: Readonly<Record<Shaped, OverrideKind>> = { tool: 'tools', prompt: 'prompts', resource: 'resources' };

/** A definition as agents see it. */
interface Shown {
  /** JSON text. */
  readonly raw: string;
  /** JSON text of all that its digest is over. */
  readonly digested: string;
}

export class Overrides {
  /** SHA-256 (hex) of what the entry says. */
  readonly digest: string;
  /** True if results of some tool are kept. */
  readonly keepsResults: boolean;
  readonly #items: Readonly<Record<OverrideKind, Items>>;
  /** Original names by shown ones, of what has another name. */
  readonly #originals: Readonly<Record<OverrideKind, ReadonlyMap<string, string>>>;

  constructor(items: Readonly<Record<OverrideKind, Items>>) {
    this.#items = items;
    const renamed = (kind: OverrideKind): ReadonlyMap<string, string> =>
      new Map(
        [...items[kind]].flatMap(([key, { name, isHidden }]) => (name === undefined || isHidden ? [] : [[name, key]])),
      );
    this.#originals = { tools: renamed('tools'), prompts: renamed('prompts'), resources: new Map() };
    const content = OVERRIDE_KINDS.map((kind) => [...items[kind]].map(([key, { text }]) => [key, text]));
    this.keepsResults = [...items.tools.values()].some(({ cache }) => cache !== undefined);
    this.digest = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  }

  /** The server's name of what agents know under a name; undefined where nothing is to be reached under it. */
  originalOf(kind: OfferKind, shown: string): string | undefined {
    return kind === 'skill' ? shown : this.#original(KIND_OF[kind], shown);
  }

  /** A sentence about why nothing is to be reached under a name. */
  whyGone(kind: Shaped, name: string): string {
    const item = this.#items[KIND_OF[kind]].get(name);
    const what = `The entry of the server says that ${quote(name)}`;
    return item?.isHidden === true ? `${what} is hidden.` : `${what} is called ${quote(item?.name ?? '')}.`;
  }

  /** How a definition appears to agents: undefined where nothing is changed, `hidden` where it does not. */
  shown(list: OverrideKind | 'templates', key: string, raw: string): Shown | 'hidden' | undefined {
    const kind = list === 'templates' ? 'resources' : list;
    const item = this.#items[kind].get(key);
    // What another one is called now has lost its name.
    if (item === undefined) return this.#originals[kind].has(key) ? 'hidden' : undefined;
    if (item.isHidden) return 'hidden';
    if (item.text === '{}') return undefined;
    const text = shownDefinition(raw, kind, item);
    return { raw: text, digested: `[${text},${raw},${item.text}]` };
  }

  /**
   * The arguments of a call as its server gets them.
   * @param text JSON text of an object: the arguments of a tool, the params of a request for a prompt
   * @throws GatewayError INVALID_ARGUMENTS where a caller gives what it cannot
   */
  put(kind: 'tool' | 'prompt', shown: string, text: string, principal: string): string {
    const item = this.#itemOf(KIND_OF[kind], shown);
    if (item === undefined || item.args.length === 0) return text;
    for (const { path, isHidden } of item.args) {
      const given = isHidden ? givenAnyway(text, path) : undefined;
      if (given !== undefined) throw new GatewayError('INVALID_ARGUMENTS', notGiven(given));
    }
    const name = JSON.stringify(principal).slice(1, -1);
    let written = text;
    for (const { path, fixed, byDefault } of item.args) {
      const value = fixed ?? byDefault;
      if (value === undefined) continue;
      written = putInto(
        written,
        path,
        value.replaceAll(WRITTEN_PRINCIPAL, () => name),
        fixed !== undefined,
      );
    }
    return written;
  }

  /** What is said of calls of a tool besides. */
  termsOf(shown: string): Pick<ItemOverride, 'cost' | 'loopBreaker' | 'cache'> | undefined {
    return this.#itemOf('tools', shown);
  }

  /** True if agents do not know this argument of a prompt, under any name that some server reads as its own. */
  hidesArgument(prompt: string, name: string): boolean {
    const item = this.#itemOf('prompts', prompt);
    return item?.args.some(({ path, isHidden }) => isHidden && isSame(path.at(-1) ?? '', name)) === true;
  }

  /** What the entry speaks of and the server does not have. @param listed JSON text of its definitions, by name or URI */
  unknown(list: OverrideKind | 'templates', listed: ReadonlyMap<string, string>): ReturnType<typeof unknownOverrides> {
    if (list === 'tools' || list === 'prompts') return unknownOverrides(list, this.#items[list], listed);
    const isOf = (key: string): boolean => key.includes('{') === (list === 'templates');
    return unknownOverrides('resources', new Map([...this.#items.resources].filter(([key]) => isOf(key))), listed);
  }

  #itemOf(kind: OverrideKind, shown: string): ItemOverride | undefined {
    const key = this.#original(kind, shown);
    return key === undefined ? undefined : this.#items[kind].get(key);
  }

  #original(kind: OverrideKind, shown: string): string | undefined {
    const key = this.#originals[kind].get(shown);
    if (key !== undefined) return key;
    const { isHidden = false, name } = this.#items[kind].get(shown) ?? {};
    return isHidden || (kind !== 'resources' && name !== undefined) ? undefined : shown;
  }
}

function notGiven(key: string): string {
  return `The argument ${JSON.stringify(key.slice(0, 64))} cannot be given: whoever runs the gateway decides it. Leave it out.`;
}
