/** The part of an entry that makes an API a server. Loaded where an entry has one. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isUrl, parseUrl } from '../shared/parse-url.ts';
import type { ApiDefinition, OperationFilter } from './api-definition.ts';
import { check, type ServerEntry } from './file-schemas.ts';
import type { ConfigPath } from './json-document.ts';
import { openApiTerms } from './schema-openapi.ts';
import type { HttpDefinition } from './snapshot.ts';

type Report = (at: ConfigPath, message: string, fix: string, target?: 'key' | 'value') => void;

/** The terms of a link over HTTP besides its address; undefined where something is wrong with them. */
export type ReadLink = (url: string) => HttpDefinition | undefined;

export interface ApiContext {
  /** The servers file: paths begin at its folder. */
  readonly file: string;
  /** Digests of the documents that were read with the servers file, by whole path. */
  readonly documents: ReadonlyMap<string, string> | undefined;
  readonly error: Report;
  readonly warn: Report;
}

const COOKIE_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const COOKIE_VALUE = /^[!#-+\--:<-[\]-~]*$/;
const LINK_KEYS = ['command', 'args', 'type', 'transport', 'sandbox', 'cwd'] as const;

/** The link of an entry with `openapi`, which is `written`; undefined after at least one report. */
export function apiLinkOf(
  written: unknown,
  entry: ServerEntry,
  context: ApiContext,
  readLink: ReadLink,
): HttpDefinition | undefined {
  const checked = check(openApiTerms, written);
  if (!checked.ok) {
    for (const { path, message, fix, target } of checked.issues)
      context.error(['openapi', ...path], message, fix, target);
    return undefined;
  }
  const { value: openapi } = checked;
  const { url } = entry;
  const isShort = typeof openapi === 'string';
  const terms = isShort ? { document: openapi } : openapi;
  const at = (...path: ConfigPath): ConfigPath => ['openapi', ...(isShort ? [] : path)];
  let isGood = true;
  const error: Report = (...about) => {
    isGood = false;
    context.error(...about);
  };
  for (const key of LINK_KEYS) {
    if (entry[key] !== undefined) error([key], 'cannot stand beside "openapi"', 'Keep one of them');
  }
  const document = documentOf(terms.document, context, (message, fix) => error(at('document'), message, fix));
  const query = new Map(terms.query);
  const cookies = new Map(terms.cookies);
  for (const [name, value] of cookies) {
    if (!COOKIE_NAME.test(name)) error(at('cookies', name), 'is not a name of a cookie', 'Correct the name');
    if (!COOKIE_VALUE.test(value))
      error(at('cookies', name), 'holds a character that cookies cannot carry', 'Encode it');
  }
  const hasCredentials = [entry.headers?.size, query.size, cookies.size].some((size) => (size ?? 0) > 0);
  const given = hasCredentials || entry.oauth !== undefined || entry.credentials !== undefined;
  if (url === undefined && given) {
    const fix = 'Add "url": the address of the API, to which alone they are sent';
    error([], 'the entry has headers or credentials, and does not say where the API is', fix);
  }
  if (url !== undefined && /[?#]/.test(url)) {
    error(['url'], 'has a query or a fragment', 'Write it without; parts of every query belong into "openapi"."query"');
  }
  if (!isGood || document === undefined) return undefined;
  const link = readLink(url ?? addressOf(document.path));
  if (link === undefined) return undefined;
  const api: ApiDefinition = {
    document: document.path,
    digest: document.digest,
    base: url === undefined ? undefined : link.url,
    include: filterOf(terms.include),
    exclude: filterOf(terms.exclude),
    references: (terms.references ?? []).map((reference) => referenceOf(reference, context.file)),
    query,
    cookies,
  };
  return { ...link, transport: 'openapi', openapi: api };
}

interface FoundDocument {
  readonly path: string;
  readonly digest: string | undefined;
}

function documentOf(
  written: string,
  { file, documents }: ApiContext,
  error: (message: string, fix: string) => void,
): FoundDocument | undefined {
  if (isWebAddress(written)) {
    const url = parseUrl(written);
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
      error(
        'is neither a path nor an http or https address',
        'Write e.g. "./api.yaml" or "https://example.com/openapi.json"',
      );
      return undefined;
    }
    if (url.username !== '' || url.password !== '') {
      error('has a user or a password in it', 'Fetch the document yourself, and write its path');
      return undefined;
    }
    return { path: url.href, digest: undefined };
  }
  const path = documentPath(written, file);
  if (!existsSync(path)) {
    error('names a file that is not there', 'Correct the path; it begins at the folder of this file');
    return undefined;
  }
  if (!statSync(path).isFile()) {
    error('names something that is no file', 'Write the path of the document');
    return undefined;
  }
  return { path, digest: documents?.get(path) };
}

/** True for an address, which may be of a kind that is not read. */
export function isWebAddress(document: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(document) && isUrl(document);
}

/** The whole path of a document that an entry names. @param file the servers file */
export function documentPath(document: string, file: string): string {
  return resolve(dirname(file), document);
}

function addressOf(document: string): string {
  return isWebAddress(document) ? document : pathToFileURL(document).href;
}

function referenceOf(reference: string, file: string): string {
  if (isWebAddress(reference)) return new URL(reference).href;
  const href = pathToFileURL(documentPath(reference, file)).href;
  return /[\\/]$/.test(reference) ? `${href.replace(/\/$/, '')}/` : href;
}

function filterOf(filter: OperationFilter | undefined): OperationFilter | undefined {
  if (filter === undefined) return undefined;
  const { tags, paths, methods } = filter;
  return { tags, paths, methods };
}

/** The terms of an API that its lock is about, in JSON: of what may be secret the names alone. */
export function launchTerms(written: unknown): unknown {
  if (!(written instanceof Map)) return written;
  const members = [...written].map(([key, value]) => {
    const isSecret = key === 'query' || key === 'cookies';
    return [String(key), isSecret && value instanceof Map ? [...value.keys()].map(String).sort() : inJson(value)];
  });
  return members.sort();
}

function inJson(value: unknown): unknown {
  return value instanceof Map ? [...value].map(([key, member]) => [String(key), member]).sort() : value;
}
