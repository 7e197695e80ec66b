/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), and streams that can be resumed. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { oneLine } from '../../protocol/json-text.ts';
import { type Kept, type OwnerBudget, UNBOUNDED } from '../../shared/byte-budget.ts';
import { writable } from '../../shared/large-text.ts';
import { countUnsent } from './unsent-bytes.ts';

const STREAM_HEADERS: OutgoingHttpHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // Keeps reverse proxies from holding events back (2026-07-28, streamable-http, Receiving Messages).
  'x-accel-buffering': 'no',
};

/** Milliseconds between comments on a quiet stream: intermediaries drop connections that say nothing. */
const KEEP_ALIVE_MS = 15_000;

/** Says nothing. */
export const COMMENT = ':\n\n';

/** Bytes that may wait for a client that does not read, because it is slow or gone without a word: two of the longest messages. */
const MAX_UNSENT = 32 * 1024 * 1024;

/** Writes to a stream that is still open; one whose client takes nothing is closed. @param budget of the client */
export function writeTo(response: ServerResponse, chunk: string, budget: OwnerBudget = UNBOUNDED): void {
  if (response.writableEnded || response.destroyed) return;
  if (response.writableLength > MAX_UNSENT) {
    response.destroy();
    return;
  }
  response.write(writable(chunk));
  countUnsent(response, budget);
}

/** One message as an event. */
export function eventText(text: string, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: message\ndata: ${oneLine(text)}\n\n`;
}

/** Opens the stream and keeps it alive until it ends. */
export function startStream(response: ServerResponse, headers: OutgoingHttpHeaders): void {
  if (response.headersSent) return;
  response.writeHead(200, { ...headers, ...STREAM_HEADERS });
  response.flushHeaders();
  const timer = setInterval(() => writeTo(response, COMMENT), KEEP_ALIVE_MS).unref();
  response.once('close', () => clearInterval(timer));
}

/** A stream of a session whose events are kept for a client that comes back (2025-11-25, Resumability and Redelivery). */
export interface EventStream {
  /** Events go to this response from now on. */
  attach(response: ServerResponse): void;
  write(text: string): void;
  /** Nothing more will be written. */
  end(): void;
}

/** The streams of one session. */
export interface EventStreams {
  /** @param primed starts with an event without data, so that the client has an id to come back with (2025-11-25). */
  open(primed: boolean): EventStream;
  /**
   * Sends what came after `lastEventId` on the same stream, and goes on with it.
   * @returns false for an id that is not known any more.
   */
  resume(lastEventId: string, response: ServerResponse): boolean;
  /** The session is over: nothing is kept any more. */
  forget(): void;
}

/** Bounds of what one session keeps. */
const MAX_EVENTS = 256;
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** Bytes of an event besides its text. */
const EVENT_BYTES = 256;
/** Milliseconds that the events of a stream which ended are kept once all of them were sent: they may be lost on the way. */
const DELIVERED_MS = 60_000;

interface Event {
  readonly stream: number;
  readonly seq: number;
  readonly text: string;
  readonly kept: Kept;
}

/** @param budget of the principal whose session it is. */
export function createEventStreams(budget: OwnerBudget = UNBOUNDED): EventStreams {
  const live = new Map<number, EventStream>();
  /** The oldest first. */
  const events = new Set<Event>();
  let size = 0;
  let opened = 0;

  const drop = (event: Event): void => {
    if (events.delete(event)) size -= event.text.length;
    event.kept.release();
  };
  const keep = (stream: number, seq: number, text: string): void => {
    const kept = budget.keep(text.length + EVENT_BYTES, () => drop(event));
    if (kept === undefined) return;
    const event: Event = { stream, seq, text, kept };
    events.add(event);
    size += text.length;
    for (const oldest of events) {
      if (events.size <= MAX_EVENTS && (size <= MAX_CHARACTERS || events.size === 1)) break;
      drop(oldest);
    }
  };
  const eventsOf = (stream: number): Event[] => [...events].filter((event) => event.stream === stream);
  /** They go before others where room is needed, and soon in any case. */
  const delivered = (stream: number): void => {
    for (const { kept } of eventsOf(stream)) kept.spare();
    // By its number: what goes sooner must not wait for the timer.
    setTimeout(() => eventsOf(stream).forEach(drop), DELIVERED_MS).unref();
  };

  return {
    open(primed) {
      const stream = ++opened;
      let seq = 0;
      let current: ServerResponse | undefined;
      const send = (chunk: string): void => {
        if (current !== undefined) writeTo(current, chunk, budget);
      };
      const handle: EventStream = {
        attach(response) {
          current = response;
          if (primed && seq === 0) send(`id: ${stream}-0\ndata: \n\n`);
        },
        write(text) {
          seq++;
          keep(stream, seq, text);
          send(eventText(text, `${stream}-${seq}`));
        },
        end() {
          live.delete(stream);
          if (current === undefined || current.writableEnded || current.destroyed) return;
          if (seq > 0) current.once('finish', () => delivered(stream));
          current.end();
        },
      };
      live.set(stream, handle);
      return handle;
    },
    resume(lastEventId, response) {
      const match = /^(\d{1,9})-(\d{1,9})$/.exec(lastEventId);
      const [stream, seq] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
      const missed = eventsOf(stream).filter((event) => event.seq > seq);
      const running = live.get(stream);
      if (match === null || (missed.length === 0 && running === undefined)) return false;
      for (const event of missed) writeTo(response, eventText(event.text, `${stream}-${event.seq}`), budget);
      if (running !== undefined) running.attach(response);
      else {
        response.once('finish', () => delivered(stream));
        response.end();
      }
      return true;
    },
    forget() {
      for (const event of events) drop(event);
    },
  };
}
