/** Reads the documents of an API: files, and addresses that the owner of the gateway wrote. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { HttpDefinition } from '../../config/snapshot.ts';
import { Canceller, type CancelSignal, follow } from '../../shared/cancel.ts';
import { systemCode } from '../../shared/system-code.ts';
import { createHttpClient, readResponseBody } from '../channel/http-client.ts';
import { refusalError } from '../channel/http-refusal.ts';
import { seconds, unavailable } from '../failures.ts';
import type { ReadText } from './compile-api.ts';
import { ApiFault } from './document/api-fault.ts';

/** Bytes of one document. */
const MAX_BYTES = 32 * 1024 * 1024;
/** Milliseconds to fetch one. */
const FETCH_MS = 30_000;

interface ReadOptions {
  readonly server: string;
  readonly definition: HttpDefinition;
  /** Version of the gateway. */
  readonly version: string;
  readonly signal: CancelSignal;
}

/** The address of a document: that of a file for a path. */
export function documentAddress(document: string): string {
  return /^https?:/i.test(document) ? new URL(document).href.replace(/#.*$/s, '') : pathToFileURL(document).href;
}

/** The text of the document of an entry, and of those that it may refer to. */
export function documentReader(options: ReadOptions): ReadText {
  const { openapi } = options.definition;
  const first = documentAddress(openapi?.document ?? '');
  return async (address) => {
    if (!address.startsWith('file:')) return fetchText(address, options);
    const bytes = await readFileAt(address, address === first ? [first] : (openapi?.references ?? []));
    const digest = address === first ? openapi?.digest : undefined;
    if (digest !== undefined && createHash('sha256').update(bytes).digest('hex') !== digest) {
      throw new ApiFault('changed while it was read', 'Wait for the reload that follows');
    }
    return bytes.toString('utf8');
  };
}

/** @param allowed addresses of files and folders: links must not lead out of them */
async function readFileAt(address: string, allowed: readonly string[]): Promise<Buffer> {
  try {
    const path = fileURLToPath(address);
    await checkPlace(path, address, allowed);
    // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) throw new ApiFault('is no file', 'Name a file');
      if (facts.size > MAX_BYTES) throw tooLarge();
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ApiFault) throw error;
    throw new ApiFault(
      `cannot be read, or what it refers to (${systemCode(error) ?? 'unknown error'})`,
      'Correct the path',
    );
  }
}

async function checkPlace(path: string, address: string, allowed: readonly string[]): Promise<void> {
  if (allowed.includes(address)) return;
  const real = pathToFileURL(await realpath(path)).href;
  for (const folder of allowed) {
    if (!folder.startsWith('file:') || !folder.endsWith('/')) continue;
    if (real.startsWith(`${pathToFileURL(await realpath(fileURLToPath(folder))).href}/`)) return;
  }
  throw new ApiFault('refers to a file through a link that leads elsewhere', 'Allow the place that it leads to');
}

/** The headers of the entry go along only where its requests go, too. */
async function fetchText(address: string, { server, definition, version, signal }: ReadOptions): Promise<string> {
  const base = definition.openapi?.base;
  const isHome = base !== undefined && new URL(base).origin === new URL(address).origin;
  const headers = isHome ? definition.headers : new Map<string, string>();
  const client = createHttpClient(server, { ...definition, url: address, headers }, version);
  const limit = new Canceller();
  const release = follow(limit, signal);
  const late = unavailable(server, `has a document that was not there within ${seconds(FETCH_MS)}.`);
  const timer = setTimeout(() => limit.abort(late), FETCH_MS).unref();
  try {
    const response = await client.request({
      method: 'GET',
      headers: { accept: 'application/json, application/yaml, */*;q=0.5' },
      signal: limit,
    });
    if (response.status === 200) return await readResponseBody(server, response, MAX_BYTES);
    response.body.destroy();
    const { origin, pathname } = new URL(address);
    throw refusalError(`${server}" at "${origin}${pathname}`, response);
  } finally {
    clearTimeout(timer);
    release();
    await client.close();
  }
}

function tooLarge(): ApiFault {
  return new ApiFault(`has more than ${MAX_BYTES / 1024 / 1024} MiB`, 'Name a smaller one');
}
