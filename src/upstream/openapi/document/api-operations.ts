/** The operations of a document. */
import type { ApiDocument, Located } from './api-document.ts';
import { fieldsOf, own, ownList, ownText } from './fields.ts';

/** Small letters, as documents write them. `trace` echoes credentials, and nobody needs it. */
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const;
/** More than any list of tools may have. */
const MAX_OPERATIONS = 10_000;

export interface ApiOperation {
  /** `operationId`; undefined where it has none. */
  readonly id: string | undefined;
  /** In small letters. */
  readonly method: string;
  readonly path: string;
  readonly tags: readonly string[];
  readonly summary: string | undefined;
  readonly description: string | undefined;
  readonly isDeprecated: boolean;
  /** References followed; those of the operation itself in place of equal ones of its path. */
  readonly parameters: readonly Located[];
  /** References followed; undefined where it has no body. */
  readonly body: Located | undefined;
  readonly responses: Located;
  /** Its own `servers`, or those of its path; empty where those of the API count. */
  readonly servers: readonly unknown[];
}

/** All operations, by path in the order of the document. @throws ApiFault */
export function operationsOf(document: ApiDocument, isWanted: (operation: ApiOperation) => boolean): ApiOperation[] {
  const paths = document.member(document.root, 'paths');
  const operations: ApiOperation[] = [];
  for (const [path, value] of Object.entries(fieldsOf(paths.value) ?? {})) {
    if (!path.startsWith('/')) continue;
    const item = document.follow(document.inside(paths, value));
    for (const method of METHODS) {
      const written = own(fieldsOf(item.value), method);
      if (fieldsOf(written) === undefined) continue;
      const operation = readOperation(document, item, document.inside(item, written), path, method);
      if (isWanted(operation)) operations.push(operation);
      if (operations.length >= MAX_OPERATIONS) return operations;
    }
  }
  return operations;
}

function readOperation(document: ApiDocument, item: Located, at: Located, path: string, method: string): ApiOperation {
  const fields = fieldsOf(at.value);
  const tags = ownList(fields, 'tags').filter((tag) => typeof tag === 'string');
  const servers = ownList(fields, 'servers');
  return {
    id: ownText(fields, 'operationId'),
    method,
    path,
    tags,
    summary: ownText(fields, 'summary') ?? ownText(fieldsOf(item.value), 'summary'),
    description: ownText(fields, 'description') ?? ownText(fieldsOf(item.value), 'description'),
    isDeprecated: own(fields, 'deprecated') === true,
    // Followed when they are asked for: what is left out may refer to anything.
    get parameters() {
      return mergedParameters(document, item, at);
    },
    get body() {
      // Bodies of these are not read (OpenAPI 3.0.4, section 4.7.10.1).
      const isIgnored = document.isLegacy && (method === 'get' || method === 'head');
      const isThere = own(fields, 'requestBody') !== undefined && !isIgnored;
      return isThere ? document.member(at, 'requestBody') : undefined;
    },
    get responses() {
      return document.member(at, 'responses');
    },
    servers: servers.length > 0 ? servers : ownList(fieldsOf(item.value), 'servers'),
  };
}

function mergedParameters(document: ApiDocument, item: Located, at: Located): readonly Located[] {
  const found = new Map<string, Located>();
  for (const owner of [item, at]) {
    for (const written of ownList(fieldsOf(owner.value), 'parameters')) {
      const parameter = document.follow(document.inside(owner, written));
      const fields = fieldsOf(parameter.value);
      const [name, place] = [ownText(fields, 'name'), ownText(fields, 'in')];
      if (name !== undefined && place !== undefined) found.set(`${place} ${name}`, parameter);
    }
  }
  return [...found.values()];
}
