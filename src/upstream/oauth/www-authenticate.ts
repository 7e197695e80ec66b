/** Reads `WWW-Authenticate` (RFC 9110, section 11.6.1; RFC 6750, section 3; RFC 9728, section 5.1). */

/** Of the first Bearer or DPoP challenge; undefined for what it does not say. */
export interface Challenge {
  readonly resourceMetadata: string | undefined;
  readonly scope: string | undefined;
  readonly error: string | undefined;
  /** True where it asks for tokens with a proof of possession (RFC 9449, section 7.1). */
  readonly isForProof?: true;
}

const SCHEMES: ReadonlySet<string> = new Set(['bearer', 'dpop']);
/** A parameter, or the scheme that begins the next challenge, perhaps with a token68. */
const PART =
  /\s*(?:,\s*)*(?:([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~:/?-]+))|([\w!#$%&'*+.^`|~-]+)(?:\s+[\w.~+/-]+=*(?=\s*(?:,|$)))?)/y;
/** Characters of a header that are looked at. */
const LONGEST = 8192;

/** @returns undefined where no scheme is one that the gateway can answer. */
export function readChallenge(header: string | undefined): Challenge | undefined {
  const text = (header ?? '').slice(0, LONGEST);
  let scheme = '';
  let parameters: Map<string, string> | undefined;
  let isForProof = false;
  PART.lastIndex = 0;
  for (let part = PART.exec(text); part !== null; part = PART.exec(text)) {
    const [, name, quoted, plain, next] = part;
    if (next !== undefined) {
      if (parameters !== undefined) break;
      scheme = next.toLowerCase();
      if (!SCHEMES.has(scheme)) continue;
      parameters = new Map();
      isForProof = scheme === 'dpop';
    } else if (name !== undefined) {
      parameters?.set(name.toLowerCase(), quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'));
    }
  }
  if (parameters === undefined) return undefined;
  const resourceMetadata = parameters.get('resource_metadata');
  const [scope, error] = [parameters.get('scope'), parameters.get('error')];
  return { resourceMetadata, scope, error, ...(isForProof ? { isForProof } : {}) };
}

/** A challenge that crossed a process as JSON. */
export function readChallengeFacts(value: unknown): Challenge | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const text = (name: string): string | undefined => {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    return typeof member === 'string' ? member : undefined;
  };
  const facts = { resourceMetadata: text('resourceMetadata'), scope: text('scope'), error: text('error') };
  const { isForProof } = value as { readonly isForProof?: unknown };
  return isForProof === true ? { ...facts, isForProof } : facts;
}

/** Scopes of all texts together, each once, in their order; undefined for none (RFC 6749, section 3.3). */
export function unionOf(...scopes: readonly (string | undefined)[]): string | undefined {
  const all = new Set(scopes.flatMap((scope) => scopeList(scope)));
  return all.size === 0 ? undefined : [...all].join(' ');
}

/** True where every scope of the first is one of the second. */
export function covers(needed: string | undefined, granted: string | undefined): boolean {
  const has = new Set(scopeList(granted));
  return scopeList(needed).every((scope) => has.has(scope));
}

function scopeList(scope: string | undefined): string[] {
  return (scope ?? '').split(/\s+/).filter((word) => word !== '');
}
