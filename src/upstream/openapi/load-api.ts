/** The API of an entry, compiled once for all its connections. */
import type { HttpDefinition, ServerDefinition } from '../../config/snapshot.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { unavailable, WITHOUT_EFFECT } from '../failures.ts';
import type { Warn } from '../warning-limiter.ts';
import type { CompiledApi } from './call-plan.ts';
import type { CompileTerms } from './compile-api.ts';
import { compileInThread } from './compile-thread.ts';
import { ApiFault } from './document/api-fault.ts';
import { documentAddress, documentReader } from './read-document.ts';

interface Shared {
  readonly api: Promise<CompiledApi>;
  users: number;
}

/** Those in use, by the key of their entry: each connection of a principal has the same. */
const inUse = new Map<string, Shared>();

/** An API in use; `release` has to be called once. */
export interface LoadedApi {
  readonly api: CompiledApi;
  release(): void;
}

export interface LoadOptions {
  readonly server: ServerDefinition;
  readonly definition: HttpDefinition;
  /** Version of the gateway. */
  readonly version: string;
  readonly signal: CancelSignal;
  readonly warn: Warn;
}

/** @throws GatewayError SERVER_UNAVAILABLE, or the reason of the signal */
export async function loadApi(options: LoadOptions): Promise<LoadedApi> {
  const { key } = options.server;
  const known = inUse.get(key);
  const shared = known ?? { api: compiled(options), users: 0 };
  inUse.set(key, shared);
  shared.users++;
  let isReleased = false;
  const release = (): void => {
    if (isReleased) return;
    isReleased = true;
    if (--shared.users === 0 && inUse.get(key) === shared) inUse.delete(key);
  };
  try {
    return { api: await shared.api, release };
  } catch (error) {
    release();
    throw error;
  }
}

async function compiled({ server, definition, version, signal, warn }: LoadOptions): Promise<CompiledApi> {
  try {
    const read = documentReader({ server: server.name, definition, version, signal });
    const api = await compileInThread(compileTerms(definition), read, signal);
    for (const { message, fix, at } of api.notes)
      warn(`${at.length === 0 ? '' : `"openapi.${at.join('.')}" `}${message}. ${fix}.`);
    return api;
  } catch (error) {
    if (!(error instanceof ApiFault)) throw error;
    const what = `cannot be used: its OpenAPI document ${error.message}. ${error.fix}.`;
    throw unavailable(server.name, what, { cause: error, data: { config: true, ...WITHOUT_EFFECT } });
  }
}

/** The terms under which the document of an entry is compiled. */
export function compileTerms({ headers, openapi }: HttpDefinition): CompileTerms {
  if (openapi === undefined) throw new Error('The entry has no OpenAPI document.');
  const { document, base, include, exclude, references, query, cookies } = openapi;
  const given = {
    query: new Set(query.keys()),
    cookie: new Set(cookies.keys()),
    header: new Set([...headers.keys()].map((name) => name.toLowerCase())),
  };
  return { document: documentAddress(document), base, include, exclude, references, given };
}
