/** Reads one event stream of a server, and says where it was left: the 2025 revisions let clients go on from there. */
import { createInOrder, sharedPauses } from '../../shared/ordered-jobs.ts';
import { createAnswerBudget } from './answer-budget.ts';
import type { HttpResponse } from './http-exchange.ts';
import { createReadBrake } from './read-brake.ts';
import { EventReader, type ServerEvent } from './sse-parser.ts';

const DEFAULT_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

/** Events that are read at once, and milliseconds in which as many are read again. */
const EVENTS = 2000;
const EVENTS_MS = 400;
/** As many of them between two looks at the clock. */
const EVENTS_STEP = 100;

/** The place where a stream was left. */
export interface StreamEnd {
  readonly lastId: string | undefined;
  readonly retryMs: number;
  /** The failure that broke it; undefined where the server ended it. */
  readonly error: unknown;
}

/** Reads a stream to its end, and handles its events one after the other. Never rejects. */
export async function readEvents(
  server: string,
  response: HttpResponse,
  maxBytes: number,
  handle: (event: ServerEvent) => Promise<void> | void,
): Promise<StreamEnd> {
  let error: unknown;
  const { body } = response;
  const source = sharedPauses(body);
  const slow = createReadBrake(source, EVENTS, EVENTS_MS);
  let events = 0;
  const order = createInOrder(source, (failure) => {
    error ??= failure;
    body.destroy();
  });
  const room = createAnswerBudget(server);
  const take = (event: ServerEvent): Promise<void> | void => {
    const work = handle(event);
    if (work === undefined) room.end();
    return work?.finally(() => room.end());
  };
  const reader = new EventReader(
    (event) => {
      if (++events % EVENTS_STEP === 0) slow(EVENTS_STEP);
      order.run(() => take(event));
    },
    maxBytes,
    (bytes) => room.grow(bytes),
  );
  try {
    await body.read((chunk) => reader.push(chunk));
  } catch (failure) {
    error ??= failure;
  }
  await order.idle();
  room.end();
  const retryMs = Math.min(reader.retryMs ?? DEFAULT_RETRY_MS, LONGEST_RETRY_MS);
  return { lastId: reader.lastId, retryMs, error };
}
