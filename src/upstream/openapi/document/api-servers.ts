/** Finds the address of an API, which is before its paths. */
import { parseUrl } from '../../../shared/parse-url.ts';
import { quoted } from '../../../shared/quote-text.ts';
import { ApiFault } from './api-fault.ts';
import { type ApiFields, fieldsOf, own, ownList, ownText } from './fields.ts';

export interface BaseOptions {
  /** The address that the owner of the gateway wrote; undefined for none. */
  readonly stated: string | undefined;
  /** Address of the document. */
  readonly document: string;
}

/**
 * The address before all paths: the one that the owner stated, or else the first of the document. That of a document from the web is
 * used only at the same place as the document: a document must not say where requests go that the owner knows nothing of.
 * @throws ApiFault where there is none
 */
export function baseOf(root: ApiFields | undefined, { stated, document }: BaseOptions): string {
  if (stated !== undefined) return withoutSlash(stated);
  const servers = ownList(root, 'servers');
  // Without any, it is the root of where the document is (OpenAPI 3.1.1, section 4.8.1.1).
  const address = servers.length === 0 ? '/' : addressOf(servers[0]);
  const url = parseUrl(address, document);
  const isWeb = /^https?:/.test(document);
  const add = (base: string): string => `Add "url": ${base} to the entry`;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const what =
      servers.length === 0 ? 'does not say where the API is' : `says that the API is at ${quoted(address, 100)}`;
    throw new ApiFault(what, add('"https://..."'), { at: [] });
  }
  if (isWeb && url.origin !== new URL(document).origin) {
    throw new ApiFault(`says that the API is at another place than itself, ${url.origin}`, add(quoted(url.href, 200)), {
      at: [],
    });
  }
  if (!isWeb && url.protocol !== 'https:') {
    throw new ApiFault(`says that the API is at ${url.origin}, without TLS`, add(quoted(url.href, 200)), { at: [] });
  }
  return withoutSlash(url.href);
}

/** The place of an operation: on the API itself, below another path of it, or at another place, to which nothing is sent. */
export type Whereabouts = { readonly prefix: string | undefined } | 'elsewhere';

/**
 * Finds the place of an operation with servers of its own. One that names the host of the document's own servers is meant to be where the API is, wherever its owner says that is.
 * @param base as `baseOf` gives it.
 */
export function whereIs(servers: readonly unknown[], root: ApiFields | undefined, base: string): Whereabouts {
  const url = parseUrl(addressOf(servers[0]), `${base}/`);
  if (url === undefined) return 'elsewhere';
  const usual = ownList(root, 'servers').map((server) => parseUrl(addressOf(server), `${base}/`));
  if (usual.some((each) => each?.host === url.host && samePath(each, url))) return { prefix: undefined };
  const isHere = url.origin === new URL(base).origin || usual.some((each) => each?.host === url.host);
  return isHere ? { prefix: withoutSlash(url.pathname) } : 'elsewhere';
}

function samePath(one: URL, other: URL): boolean {
  return withoutSlash(one.pathname) === withoutSlash(other.pathname);
}

/** The address of a server, its variables replaced by their defaults. */
function addressOf(server: unknown): string {
  const fields = fieldsOf(server);
  const variables = fieldsOf(own(fields, 'variables'));
  return (ownText(fields, 'url') ?? '').replace(/\{([^{}]*)\}/g, (whole, name: string) => {
    const value = own(fieldsOf(own(variables, name)), 'default');
    return typeof value === 'string' || typeof value === 'number' ? String(value) : whole;
  });
}

function withoutSlash(address: string): string {
  return address.replace(/[?#].*$/s, '').replace(/\/+$/, '');
}
