/** The reply to one POST: a JSON object, or an SSE stream from the moment at which something comes before the answer. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Answer } from '../answer.ts';
import { type EventStream, eventText, startStream, writeTo } from './event-stream.ts';

export interface Accepted {
  readonly json: boolean;
  readonly events: boolean;
}

let lastHeader: string | undefined;
let lastAccepted: Accepted = { json: true, events: false };

/** What the caller can read, by its `Accept` header; one that says nothing gets JSON. Most callers say the same as the last. */
export function accepted(header: string | undefined): Accepted {
  if (header === lastHeader) return lastAccepted;
  lastAccepted = readAccept(header);
  lastHeader = header;
  return lastAccepted;
}

function readAccept(header: string | undefined): Accepted {
  if (header === undefined || header === '' || header.includes('*/*'))
    return { json: true, events: header !== undefined };
  const types = header.toLowerCase();
  return {
    json: types.includes('application/json') || types.includes('application/*'),
    events: types.includes('text/event-stream') || types.includes('text/*'),
  };
}

export interface Reply {
  /** Sends a message that belongs to the request; dropped where the caller reads no streams. */
  notify(text: string): void;
  finish(answer: Answer): void;
  /** Ends the exchange without an answer: the request was cancelled. */
  abandon(): void;
}

/** @param resumable opens a stream whose events are kept; without it, what cannot be sent is lost. */
export function createReply(
  response: ServerResponse,
  accept: Accepted,
  headers: OutgoingHttpHeaders,
  resumable?: () => EventStream,
): Reply {
  let stream: EventStream | undefined;
  const isGone = (): boolean => response.writableEnded || response.destroyed;
  /** The stream of this reply, opened by the first message that needs one. */
  const streamed = (): EventStream => {
    if (stream === undefined) {
      if (!isGone()) startStream(response, headers);
      stream = resumable?.() ?? plainStream(response);
      stream.attach(response);
    }
    return stream;
  };
  return {
    notify(text) {
      if (accept.events && !(isGone() && stream === undefined)) streamed().write(text);
    },
    finish(answer) {
      if (stream === undefined && isGone()) return;
      if (stream === undefined && accept.json) {
        sendJson(response, answer, headers);
        return;
      }
      const events = streamed();
      events.write(answer.text);
      events.end();
    },
    abandon() {
      if (stream !== undefined) stream.end();
      else if (isGone()) return;
      else if (accept.events) streamed().end();
      else response.writeHead(202, headers).end();
    },
  };
}

function plainStream(response: ServerResponse): EventStream {
  return {
    attach: () => {},
    write(text) {
      writeTo(response, eventText(text));
    },
    end() {
      if (!response.writableEnded && !response.destroyed) response.end();
    },
  };
}

/** What most answers have besides their own. */
export const NO_HEADERS: OutgoingHttpHeaders = {};

export function sendJson(
  response: ServerResponse,
  { text, status, pieces }: Answer,
  headers: OutgoingHttpHeaders = NO_HEADERS,
): void {
  const large = pieces && encoded(pieces);
  const bytes = large?.length ?? Buffer.byteLength(text);
  const own = { 'content-type': 'application/json', 'content-length': bytes };
  response.writeHead(status, headers === NO_HEADERS ? own : { ...own, ...headers });
  // As many bytes as characters: all of it is ASCII, which is cheaper to write.
  if (large === undefined) response.end(text, bytes === text.length ? 'latin1' : 'utf8');
  else response.end(large);
}

/** The UTF-8 of a text in pieces. */
function encoded(pieces: readonly string[]): Buffer {
  const sizes = pieces.map((piece) => Buffer.byteLength(piece));
  const bytes = Buffer.allocUnsafeSlow(sizes.reduce((sum, size) => sum + size, 0));
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    at += bytes.write(piece, at, sizes[index] === piece.length ? 'latin1' : 'utf8');
  }
  return bytes;
}
