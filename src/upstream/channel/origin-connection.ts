/** A connection to one origin, as those who send requests on it see it: one request at a time. */
import type { Dispatcher } from 'undici';

/** Handles a request, on the interface of undici. */
export interface ExchangeHandler extends Dispatcher.DispatchHandler {
  /** True when it has its response, or will have none. */
  readonly isOver: boolean;
}

export interface OriginConnection {
  /** Sends a request, once it is connected; the one before has ended. */
  dispatch(request: Dispatcher.DispatchOptions, handler: ExchangeHandler): void;
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
export type Connect = (events: ConnectionEvents) => OriginConnection;
