/** The reply to one POST: a JSON object, or an SSE stream from the moment at which something comes before the answer. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { oneLine } from '../../protocol/json.ts';
import type { Answer } from '../protocol.ts';

export interface Accepted {
  readonly json: boolean;
  readonly events: boolean;
}

/** What the caller can read, by its `Accept` header; one that says nothing gets JSON. */
export function accepted(header: string | undefined): Accepted {
  if (header === undefined || header === '' || header.includes('*/*'))
    return { json: true, events: header !== undefined };
  const types = header.toLowerCase();
  return {
    json: types.includes('application/json') || types.includes('application/*'),
    events: types.includes('text/event-stream') || types.includes('text/*'),
  };
}

export interface Reply {
  /** Sends a notification that belongs to the request; dropped where the caller reads no streams. */
  notify(text: string): void;
  finish(answer: Answer): void;
  /** Ends the exchange without an answer: the request was cancelled. */
  abandon(): void;
}

const STREAM_HEADERS: OutgoingHttpHeaders = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  // Keeps reverse proxies from holding events back (2026-07-28, streamable-http, Receiving Messages).
  'x-accel-buffering': 'no',
};

export function createReply(response: ServerResponse, accept: Accepted, headers: OutgoingHttpHeaders): Reply {
  const event = (text: string): string => `event: message\ndata: ${oneLine(text)}\n\n`;
  const openStream = (): void => {
    if (!response.headersSent) response.writeHead(200, { ...headers, ...STREAM_HEADERS });
  };
  return {
    notify(text) {
      if (!accept.events || response.writableEnded || response.destroyed) return;
      openStream();
      response.write(event(text));
    },
    finish(answer) {
      if (response.writableEnded || response.destroyed) return;
      if (response.headersSent || !accept.json) {
        openStream();
        response.end(event(answer.text));
        return;
      }
      sendJson(response, answer, headers);
    },
    abandon() {
      if (response.writableEnded || response.destroyed) return;
      if (!response.headersSent && !accept.events) response.writeHead(202, headers);
      else openStream();
      response.end();
    },
  };
}

export function sendJson(response: ServerResponse, { text, status }: Answer, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
