/** A connection to one origin, as those who send requests on it see it: one request at a time. */
import type { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';

/** APIs have all of them; MCP itself needs three. */
export type HttpMethod = 'POST' | 'GET' | 'DELETE' | 'PUT' | 'PATCH' | 'HEAD' | 'OPTIONS';

export interface OriginRequest {
  readonly method: HttpMethod;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: string | Buffer | null;
}

/** The request on its connection, for its handler. */
export interface ExchangeController {
  /** Ends the connection with the request on it. */
  abort(reason: Error): void;
  /** Lets the server wait. */
  pause(): void;
  resume(): void;
}

/** Handles the response to a request. */
export interface ExchangeHandler {
  /** True when it has its response, or will have none. */
  readonly isOver: boolean;
  /** The request has a connection, and is about to be sent. */
  onRequestStart(controller: ExchangeController): void;
  onResponseStart(status: number, headers: IncomingHttpHeaders): void;
  onResponseData(chunk: Buffer): void;
  onResponseEnd(): void;
  /** There is no response, or no rest of it. */
  onResponseError(error: unknown): void;
}

export interface OriginConnection {
  /** Sends a request, once it is connected; the one before has ended. */
  dispatch(request: OriginRequest, handler: ExchangeHandler): void;
  /** Ends it; what it carries fails. */
  destroy(): Promise<void>;
}

export interface ConnectionEvents {
  connected(): void;
  /** There will be no connection. */
  failed(): void;
  /** It can take the next request. */
  free(): void;
}

/** Makes a connection, which connects with its first request. */
export type OpenConnection = (events: ConnectionEvents) => OriginConnection;
