/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), and streams that can be resumed. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { oneLine } from '../../protocol/json.ts';

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

/** Writes to a stream that is still open; one whose client takes nothing is closed. */
export function writeTo(response: ServerResponse, chunk: string): void {
  if (response.writableEnded || response.destroyed) return;
  if (response.writableLength > MAX_UNSENT) response.destroy();
  else response.write(chunk);
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
}

/** Bounds of what one session keeps. */
const MAX_EVENTS = 256;
const MAX_CHARACTERS = 4 * 1024 * 1024;

interface Kept {
  readonly stream: number;
  readonly seq: number;
  readonly text: string;
}

export function createEventStreams(): EventStreams {
  const live = new Map<number, EventStream>();
  let kept: Kept[] = [];
  let size = 0;
  let opened = 0;

  const keep = (event: Kept): void => {
    kept.push(event);
    size += event.text.length;
    while (kept.length > MAX_EVENTS || (size > MAX_CHARACTERS && kept.length > 1)) {
      size -= kept[0]?.text.length ?? 0;
      kept = kept.slice(1);
    }
  };

  return {
    open(primed) {
      const stream = ++opened;
      let seq = 0;
      let current: ServerResponse | undefined;
      const send = (chunk: string): void => {
        if (current !== undefined) writeTo(current, chunk);
      };
      const handle: EventStream = {
        attach(response) {
          current = response;
          if (primed && seq === 0) send(`id: ${stream}-0\ndata: \n\n`);
        },
        write(text) {
          seq++;
          keep({ stream, seq, text });
          send(eventText(text, `${stream}-${seq}`));
        },
        end() {
          live.delete(stream);
          if (current !== undefined && !current.writableEnded) current.end();
        },
      };
      live.set(stream, handle);
      return handle;
    },
    resume(lastEventId, response) {
      const match = /^(\d{1,9})-(\d{1,9})$/.exec(lastEventId);
      const [stream, seq] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
      const missed = kept.filter((event) => event.stream === stream && event.seq > seq);
      const running = live.get(stream);
      if (match === null || (missed.length === 0 && running === undefined)) return false;
      for (const event of missed) response.write(eventText(event.text, `${stream}-${event.seq}`));
      if (running === undefined) response.end();
      else running.attach(response);
      return true;
    },
  };
}
