/** Reads one event stream of a server, and says where it was left: the 2025 revisions let clients go on from there. */
import type { HttpResponse } from './http-exchange.ts';
import { createEventReader, type ServerEvent } from './sse.ts';

const DEFAULT_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** Where a stream was left. */
export interface StreamEnd {
  readonly lastId: string | undefined;
  readonly retryMs: number;
  /** What broke it; undefined where the server ended it. */
  readonly error: unknown;
}

/** Reads a stream to its end. Never rejects. */
export async function readEvents(
  response: HttpResponse,
  maxBytes: number,
  handle: (event: ServerEvent) => void,
): Promise<StreamEnd> {
  const reader = createEventReader(handle, maxBytes);
  let error: unknown;
  try {
    await response.body.read((chunk) => reader.push(chunk));
  } catch (caught) {
    error = caught;
  }
  const retryMs = Math.min(reader.retryMs ?? DEFAULT_RETRY_MS, LONGEST_RETRY_MS);
  return { lastId: reader.lastId, retryMs, error };
}
