/**
 * Documents for clients that look for servers: a card of the gateway, and of each server that it offers by itself, and the catalog of
 * them. They follow the draft of SEP-2127 (modelcontextprotocol/experimental-ext-server-card); no revision of the protocol has it yet.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { VisibleNames } from '../../observe/metrics-filter.ts';
import { LEGACY_REVISIONS, MODERN_REVISIONS } from '../../protocol/revisions.ts';
import { SERVER_INFO } from '../../shared/version.ts';

const CATALOG_PATH = '/.well-known/mcp/catalog.json';
const CARD_PATH = '/mcp/server-card';
const SERVER_CARD_PATH = /^\/mcp\/servers\/([^/]+)\/server-card$/;

const CARD_TYPE = 'application/mcp-server-card+json';
const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/v2/server-card.schema.json';
/** The second part of a card's name, and with it of the identifier in the catalog. */
const NAME = /^[a-zA-Z0-9._-]{1,100}$/;
const MAX_DESCRIPTION = 100;
const MAX_AGE_S = 3600;

interface ServerCardsOptions {
  /** The address at which others reach the gateway, without a slash at its end. */
  readonly publicUrl: string;
  /** Descriptions of the servers, by their names. */
  readonly servers: () => ReadonlyMap<string, { readonly description: string | undefined }>;
}

export interface ServerCards {
  /** True at the path of the catalog, which everybody may ask for with a credential too. */
  isCatalog(path: string): boolean;
  /** Answers at the paths of what everybody may know. @returns false for every other path, and for those who have a credential to show */
  servePublic(request: IncomingMessage, response: ServerResponse, path: string, cors: OutgoingHttpHeaders): boolean;
  /** Answers at all paths of such documents, with what one may know. @returns false for every other path */
  serve(response: ServerResponse, path: string, visible: VisibleNames | undefined, cors: OutgoingHttpHeaders): boolean;
}

export function createServerCards({ publicUrl, servers }: ServerCardsOptions): ServerCards {
  const { hostname } = new URL(publicUrl);
  const own = cardOf(hostname, {
    name: SERVER_INFO.name,
    description: 'MCP servers behind one gateway, with rules for each agent.',
    url: `${publicUrl}/mcp`,
  });
  const ownEntry = entryOf(hostname, SERVER_INFO.name, `${publicUrl}/mcp`);

  const offered = (visible: VisibleNames | undefined): string[] =>
    [...servers().keys()].filter((name) => NAME.test(name) && (visible?.servers.includes(name) ?? true)).sort();
  const urlOf = (name: string): string => `${publicUrl}/mcp/servers/${encodeURIComponent(name)}`;

  const documentAt = (path: string, visible: VisibleNames | undefined): object | undefined => {
    if (path === CARD_PATH) return own;
    if (path === CATALOG_PATH) {
      const others = offered(visible).map((name) => entryOf(hostname, name, urlOf(name)));
      return { specVersion: 'draft', entries: [ownEntry, ...others] };
    }
    const name = nameAt(path);
    if (name === undefined || !offered(visible).includes(name)) return undefined;
    const description = servers().get(name)?.description ?? `${name}, through agent-mcp-gateway.`;
    return cardOf(hostname, { name, description, url: urlOf(name) });
  };

  return {
    isCatalog: (path) => path === CATALOG_PATH,
    servePublic(request, response, path, cors) {
      const isOpen = path === CARD_PATH || (path === CATALOG_PATH && request.headers.authorization === undefined);
      if (!isOpen || request.method !== 'GET') return false;
      const document = documentAt(path, { agents: [], servers: [] });
      send(response, path, document ?? {}, { ...cors, 'cache-control': `public, max-age=${MAX_AGE_S}`, vary: VARY });
      return true;
    },
    serve(response, path, visible, cors) {
      const document = documentAt(path, visible);
      if (document === undefined) return false;
      send(response, path, document, { ...cors, 'cache-control': 'private, no-store' });
      return true;
    },
  };
}

const VARY = 'Authorization, Origin';

function nameAt(path: string): string | undefined {
  const [, encoded] = SERVER_CARD_PATH.exec(path) ?? [];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

interface CardFacts {
  readonly name: string;
  readonly description: string;
  readonly url: string;
}

function cardOf(hostname: string, { name, description, url }: CardFacts): object {
  return {
    $schema: SCHEMA,
    name: `${hostname
      .split('.')
      .reverse()
      .join('.')
      .replace(/[^a-zA-Z0-9.-]/g, '')}/${name}`,
    version: SERVER_INFO.version,
    description: description.length > MAX_DESCRIPTION ? `${description.slice(0, MAX_DESCRIPTION - 1)}…` : description,
    title: name,
    remotes: [{ type: 'streamable-http', url, supportedProtocolVersions: [...MODERN_REVISIONS, ...LEGACY_REVISIONS] }],
  };
}

function entryOf(hostname: string, name: string, url: string): object {
  return { identifier: `urn:air:${hostname}:${name}`, displayName: name, type: CARD_TYPE, url: `${url}/server-card` };
}

function send(response: ServerResponse, path: string, document: object, headers: OutgoingHttpHeaders): void {
  const text = JSON.stringify(document);
  const type = path === CATALOG_PATH ? 'application/json' : CARD_TYPE;
  response.writeHead(200, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
