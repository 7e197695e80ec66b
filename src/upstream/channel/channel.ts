/** A channel carries messages to one server and back; what they mean is the business of the peer above it. */
import type { GatewayError } from '../../shared/errors.ts';

export interface Outgoing {
  /** Undefined for notifications and answers. */
  readonly id: number | undefined;
  readonly method: string;
  /** The whole message, on one line. */
  readonly text: string;
  /** The revision spoken; undefined while `initialize` asks for one. */
  readonly revision: string | undefined;
  /** Headers of this request alone; for channels that have headers. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** True where it is for the session alone that there was when it was handed over: what another one lists was not looked at. */
  readonly isBound?: boolean | undefined;
}

export interface Channel {
  /** Starts sending; what goes wrong arrives at the handlers. */
  send(message: Outgoing): void;
  /** Nobody waits for the response any more. `notification` is for channels where that is said by a message. */
  cancel(id: number, notification: Outgoing): void;
  /** Opens what lets the server speak first, where the channel needs something for that (GET stream of 2025). */
  listen(): void;
  /** Resolves when nothing of the channel is left: processes gone, sockets closed. */
  close(): Promise<void>;
  /** Ends what can be ended without waiting. */
  kill(): void;
}

export interface ChannelHandlers {
  /** The server wrote a message for the first time. */
  active(): void;
  /**
   * One message of the server.
   * @param of the request on whose stream it came, where the channel knows.
   * @param flaw why it cannot be read, the end of a sentence, where the channel knows.
   * @returns false when it is not a message; a promise for one that is large: the next message has to wait for it.
   */
  message(text: string, of?: number, flaw?: string): boolean | Promise<boolean>;
  /** This one request failed; the channel works on. */
  failed(id: number, error: GatewayError): void;
  /** True while the request waits for its response. */
  waits(id: number): boolean;
  /** The server forgot the session: initialize again. Rejects when that fails. */
  renew(): Promise<void>;
  /** The server may have spoken while nothing was listening. */
  missed(): void;
  /** The channel is over. */
  closed(error: GatewayError): void;
}

export type OpenChannel = (handlers: ChannelHandlers) => Channel;
