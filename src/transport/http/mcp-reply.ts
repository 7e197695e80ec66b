/** The reply to one POST: a JSON object, or an SSE stream where something comes before the answer or the answer takes long. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { McpResponse } from '../../mcp/response.ts';
import type { OwnerBudget } from '../../shared/byte-budget.ts';
import { createEqualWaits, type Wait } from './equal-waits.ts';
import { COMMENT, type EventStream, eventText, startStream, writeTo } from './event-stream.ts';
import { countUnsent } from './unsent-bytes.ts';

/**
 * Milliseconds without an answer after which the stream is opened, with comments from then on: clients and proxies give up on
 * requests that get no headers (nginx after 60 s). Before, a failure still has its HTTP status; afterwards it is a JSON-RPC error in
 * the stream.
 */
const OPEN_AFTER_MS = 3_000;

interface Accepted {
  readonly json: boolean;
  readonly events: boolean;
}

let lastHeader: string | undefined;
let lastAccepted: Accepted = { json: true, events: false };

/** The media types that the caller can read, by its `Accept` header; one that says nothing gets JSON. Most callers say the same as the last. */
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

/** The HTTP response that takes a reply. */
export interface Receiver {
  readonly response: ServerResponse;
  readonly accept: Accepted;
  /** To send with it (CORS). */
  readonly headers: OutgoingHttpHeaders;
  /** Of whoever gets it: what is not read counts. */
  readonly budget: OwnerBudget;
}

/** The reply to one request. A class, because every call makes one. */
export class HttpReply {
  readonly #response: ServerResponse;
  readonly #accept: Accepted;
  readonly #headers: OutgoingHttpHeaders;
  readonly #budget: OwnerBudget;
  readonly #resumable: (() => EventStream) | undefined;
  #stream: EventStream | undefined;
  #quiet: Wait<HttpReply> | undefined;

  /** @param resumable opens a stream whose events are kept; without it, what cannot be sent is lost. */
  constructor({ response, accept, headers, budget }: Receiver, resumable?: () => EventStream) {
    this.#response = response;
    this.#accept = accept;
    this.#headers = headers;
    this.#budget = budget;
    this.#resumable = resumable;
  }

  /** The answer is not there at once. Where the caller reads streams, it gets one before it gives up. */
  wait(): void {
    if (this.#accept.events) this.#quiet = quiet.begin(this);
  }

  /** Opens the stream, with a comment: some proxies hold headers back until something follows. */
  open(): void {
    if (this.#stream !== undefined || this.#isGone()) return;
    this.#streamed();
    writeTo(this.#response, COMMENT);
  }

  /** Sends a message that belongs to the request; dropped where the caller reads no streams. */
  notify(text: string): void {
    if (this.#accept.events && (this.#stream !== undefined || !this.#isGone())) this.#streamed().write(text);
  }

  finish(answer: McpResponse): void {
    if (this.#quiet !== undefined) quiet.end(this.#quiet);
    if (this.#stream === undefined && this.#isGone()) return;
    if (this.#stream === undefined && this.#accept.json) {
      sendJson(this.#response, answer, this.#headers);
      countUnsent(this.#response, this.#budget);
      return;
    }
    const events = this.#streamed();
    events.write(answer.text);
    events.end();
  }

  /** Ends the exchange without an answer: the request was cancelled. */
  abandon(): void {
    if (this.#accept.events && !this.#isGone()) this.#streamed();
    this.acknowledge();
  }

  /** Ends an exchange that has no answer. */
  acknowledge(): void {
    if (this.#quiet !== undefined) quiet.end(this.#quiet);
    if (this.#stream !== undefined) this.#stream.end();
    else if (!this.#isGone()) this.#response.writeHead(202, this.#headers).end();
  }

  #isGone(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  /** The stream of this reply, opened by the first message that needs one. */
  #streamed(): EventStream {
    let stream = this.#stream;
    if (stream === undefined) {
      if (!this.#isGone()) startStream(this.#response, this.#headers);
      stream = this.#resumable?.() ?? plainStream(this.#response, this.#budget);
      this.#stream = stream;
      stream.attach(this.#response);
    }
    return stream;
  }
}

/** Those that are not answered yet. */
const quiet = createEqualWaits<HttpReply>(OPEN_AFTER_MS, (reply) => reply.open());

function plainStream(response: ServerResponse, budget: OwnerBudget): EventStream {
  return {
    attach: () => {},
    write(text) {
      writeTo(response, eventText(text), budget);
    },
    end() {
      if (!response.writableEnded && !response.destroyed) response.end();
    },
  };
}

/** The headers that most answers have besides their own. */
export const NO_HEADERS: OutgoingHttpHeaders = {};

export function sendJson(
  response: ServerResponse,
  { text, status, pieces }: McpResponse,
  headers: OutgoingHttpHeaders = NO_HEADERS,
): void {
  const large = pieces && encoded(pieces);
  const bytes = large?.length ?? Buffer.byteLength(text);
  const own = { 'content-type': 'application/json', 'content-length': bytes };
  response.writeHead(status, headers === NO_HEADERS ? own : Object.assign(own, headers));
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
