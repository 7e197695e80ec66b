/**
 * A document with its references. They are followed one by one where somebody needs what they lead to: a document that is
 * dereferenced as a whole may be larger than all memory, or have no end.
 */
import { parseUrl } from '../../../shared/parse-url.ts';
import { quoted } from '../../../shared/quote-text.ts';
import { ApiFault } from './api-fault.ts';
import { type ApiFields, fieldsOf, own, ownText } from './fields.ts';

/** References to references. */
const MAX_HOPS = 32;
/** Documents that one may refer to. */
const MAX_DOCUMENTS = 64;

/** A value, with the address of the document that it is in: references are relative to that. */
export interface Located {
  readonly value: unknown;
  readonly base: string;
  /** The reference that led here, as a whole address; undefined where it stands in its place. */
  readonly id: string | undefined;
}

export class ApiDocument {
  readonly root: Located;
  readonly isLegacy: boolean;
  /** Documents that are referred to and were not read. */
  readonly missing = new Set<string>();
  readonly #documents: ReadonlyMap<string, unknown>;
  readonly #allowed: readonly string[];
  readonly #targets = new Map<string, Located>();

  /**
   * @param documents by address, the first one first.
   * @param allowed addresses outside of it that it may refer to: what ends with a slash counts for all below it.
   * @throws ApiFault where it is no document of OpenAPI 3.0 or 3.1
   */
  constructor(documents: ReadonlyMap<string, unknown>, allowed: readonly string[]) {
    const [[base, value] = ['', undefined]] = documents;
    this.root = { value, base, id: undefined };
    this.#documents = documents;
    this.#allowed = allowed;
    this.isLegacy = versionOf(fieldsOf(value)) === '3.0';
  }

  /** The value that this one stands for. @throws ApiFault where it leads nowhere, or where it may not lead */
  follow(from: Located): Located {
    let at = from;
    for (let hops = 0; hops < MAX_HOPS; hops++) {
      const reference = ownText(fieldsOf(at.value), '$ref');
      if (reference === undefined) return at;
      at = this.#target(reference, at.base);
    }
    throw new ApiFault(`has references in a circle: ${quoted(String(from.id), 120)}`, 'Correct them');
  }

  /** A member, with references followed. */
  member(of: Located, key: string): Located {
    return this.follow(this.inside(of, own(fieldsOf(of.value), key)));
  }

  /** A value that stands in another one. */
  inside({ base }: Located, value: unknown): Located {
    return { value, base, id: undefined };
  }

  /** The same things are referred to again and again. */
  #target(reference: string, base: string): Located {
    const key = `${base} ${reference}`;
    const known = this.#targets.get(key) ?? this.#find(reference, base);
    this.#targets.set(key, known);
    return known;
  }

  #find(reference: string, base: string): Located {
    const url = reference.startsWith('#') ? base + reference : parseUrl(reference, base)?.href;
    const [address = '', pointer = ''] = url === undefined ? [] : splitAddress(url);
    if (!this.#documents.has(address)) {
      this.#need(address, reference);
      return { value: {}, base: address, id: undefined };
    }
    const value = valueAt(this.#documents.get(address), pointer);
    if (value === undefined) {
      throw new ApiFault(`refers to ${quoted(reference, 200)}, which is not there`, 'Correct the reference');
    }
    return { value, base: address, id: `${address}#${pointer}` };
  }

  #need(address: string, reference: string): void {
    const isAllowed = this.#allowed.some((each) => (each.endsWith('/') ? address.startsWith(each) : address === each));
    if (!isAllowed) {
      const fix = 'Bundle it into one document, or allow what it refers to: "references": ["FOLDER/ or ADDRESS"]';
      throw new ApiFault(`refers to ${quoted(reference, 200)}, which is outside of it`, fix);
    }
    this.missing.add(address);
    if (this.#documents.size + this.missing.size > MAX_DOCUMENTS) {
      throw new ApiFault(`refers to more than ${MAX_DOCUMENTS} other documents`, 'Bundle them into one');
    }
  }
}

/** @throws ApiFault */
function versionOf(root: ApiFields | undefined): '3.0' | '3.1' {
  const swagger = own(root, 'swagger');
  if (swagger !== undefined) {
    const fix = 'Convert it to 3.0 or 3.1, e.g. with "npx swagger2openapi"';
    throw new ApiFault(`is of OpenAPI ${quoted(String(swagger), 10)}; only 3.0 and 3.1 are read`, fix);
  }
  const said = own(root, 'openapi');
  if (typeof said !== 'string' && typeof said !== 'number') {
    throw new ApiFault('is no OpenAPI document: it has no "openapi" with a version', 'Name an OpenAPI document');
  }
  const [version] = /^3\.[01](?=$|\.)/.exec(String(said)) ?? [];
  if (version === '3.0' || version === '3.1') return version;
  throw new ApiFault(`is of OpenAPI ${quoted(String(said), 10)}; only 3.0 and 3.1 are read`, 'Convert it to 3.1');
}

function splitAddress(href: string): readonly [address: string, pointer: string] {
  const at = href.indexOf('#');
  return at < 0 ? [href, ''] : [href.slice(0, at), decoded(href.slice(at + 1))];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** RFC 6901; undefined where there is nothing. */
function valueAt(root: unknown, pointer: string): unknown {
  if (pointer === '') return root;
  if (!pointer.startsWith('/')) return undefined;
  let value = root;
  for (const token of pointer.slice(1).split('/')) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as ApiFields)[key];
  }
  return value;
}
