/** stdio: one newline-delimited JSON-RPC message per line, nothing else on stdout (both eras, basic/transports). */
import type { Readable, Writable } from 'node:stream';
import { ARRAY_BYTES, answerArrays, batchElements } from '../mcp/batch.ts';
import type { Exchange, McpHandler } from '../mcp/handler.ts';
import { createInFlightRequests, isWithdrawn } from '../mcp/in-flight.ts';
import { isLonger, STDIO_MESSAGE_BYTES } from '../mcp/message-limit.ts';
import { declaredRevision } from '../mcp/request-meta.ts';
import { pong, refusal } from '../mcp/response.ts';
import { beginSession, createAsks, type SessionState } from '../mcp/session.ts';
import type { Logger } from '../observe/log.ts';
import type { Connection } from '../pipeline/caller.ts';
import {
  type InvalidMessage,
  type Message,
  parseAny,
  parseLarge,
  parseMessage,
  type RequestMessage,
} from '../protocol/json-rpc.ts';
import { oneLine } from '../protocol/json-text.ts';
import { createLineReader } from '../protocol/line-splitter.ts';
import { createIdFinder, type IdFinder } from '../protocol/request-id.ts';
import { hasBatches } from '../protocol/revisions.ts';
import type { GatewayError } from '../shared/errors.ts';
import { decodeLarge } from '../shared/large-text.ts';
import { createInOrder } from '../shared/ordered-jobs.ts';

export interface StdioOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly protocol: McpHandler;
  readonly connection: Connection;
  /** The server that the connection is for alone (`--server`). */
  readonly server: string | undefined;
  readonly log: Logger;
  /** Bytes that one message may have. */
  readonly maxMessageBytes: number;
  /** The client closed its end, or stdout broke: time to stop. */
  readonly ended: (reason: 'stdin closed' | 'stdout broken') => void;
}

export interface StdioTransport {
  /** Takes no more requests. */
  refuse(): void;
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>;
  /** Cancels what is still in flight; it is answered with the reason. */
  abort(reason: GatewayError): void;
}

export function serveStdio(options: StdioOptions): StdioTransport {
  const { input, output, protocol, connection, log } = options;
  const inFlight = createInFlightRequests();
  /** Revision of the `initialize` handshake; requests of the modern era need none. */
  let session: SessionState | undefined;
  let negotiating: Promise<unknown> | undefined;
  let draining = false;
  /** Ends what the session before this one wanted to hear. */
  let forget = (): void => {};

  const longest = STDIO_MESSAGE_BYTES;
  /** Of all sessions: calls of the one before may still wait for answers. */
  const asks = createAsks(longest);

  const send = (text: string): void => {
    if (isLonger(text, longest)) {
      log.warn({ characters: text.length }, 'a message was too long for a client over stdio and was dropped');
      return;
    }
    if (output.writable) output.write(`${oneLine(text)}\n`);
  };

  /** @returns the answer's text, undefined where none is to be sent. */
  const answer = async (request: RequestMessage): Promise<string | undefined> => {
    if (draining) return refusal(request.id, 'SHUTTING_DOWN', 'The gateway is shutting down: start it again.').text;
    const flight = inFlight.begin(request.id);
    if (flight === undefined) {
      return refusal(request.id, 'INVALID_REQUEST', 'A request with this id is still in flight: use a new id.').text;
    }
    try {
      const { signal } = flight;
      const exchange: Exchange = {
        connection,
        server: options.server,
        signal,
        streams: true,
        longest: longest - ARRAY_BYTES,
        notify: send,
      };
      if (declaredRevision(request) !== undefined) {
        const { text } = await protocol.modern(request, exchange);
        return isWithdrawn(flight.signal) ? undefined : text;
      }
      if (request.method === 'initialize') {
        const negotiation = protocol.initialize(request, exchange);
        negotiating = negotiation;
        const { text, session: negotiated } = await negotiation;
        if (negotiated !== undefined) {
          const before = session;
          const begun = beginSession('stdio', negotiated, asks);
          session = begun;
          forget();
          // Where it never said that it is initialized, what waits for that is over.
          before?.ready.resolve();
          forget = protocol.listen(begun, exchange, { send, isOpen: () => session === begun });
        }
        return text;
      }
      // A client may send more before it has the answer to its `initialize`.
      await negotiating;
      if (session === undefined) {
        if (request.method === 'ping') return pong(request.id).text;
        const hint = 'Send initialize first, or declare a protocol version in params._meta.';
        return refusal(request.id, 'INVALID_REQUEST', hint).text;
      }
      const { text } = await protocol.legacy(request, exchange, session);
      return isWithdrawn(flight.signal) ? undefined : text;
    } finally {
      inFlight.end(request.id);
    }
  };

  /** Told to the owner too: some clients say nothing of an answer that they did not expect. */
  const refuse = ({ id, code, message, responseId }: Omit<InvalidMessage, 'kind'>): string => {
    asks.refuse(responseId, message);
    log.warn({ id, code, why: message }, 'a message of the client was refused');
    return refusal(id, code, message).text;
  };

  /** @returns what a message is answered with; notifications and responses with nothing. */
  const reply = (message: Message): Promise<string | undefined> | string | undefined => {
    switch (message.kind) {
      case 'request':
        return answer(message);
      case 'notification':
        if (message.method === 'notifications/cancelled') inFlight.cancel(message);
        else if (session !== undefined) protocol.notified(session, { connection, server: options.server }, message);
        return undefined;
      case 'response':
        asks.settle(message);
        return undefined;
      case 'invalid':
        return refuse(message);
      case 'batch':
        return refusal('null', 'INVALID_REQUEST', 'This protocol revision has no batches: send one message per line.')
          .text;
    }
  };

  const receiveBatch = async (text: string): Promise<void> => {
    const found = batchElements(text);
    const parts = found instanceof Promise ? await found : found;
    if (!Array.isArray(parts)) {
      send(refusal('null', parts.code, parts.message).text);
      return;
    }
    const answers = await Promise.all(
      parts.map((part) => {
        const message = parseAny(part, 'caller');
        return message instanceof Promise ? message.then(reply) : reply(message);
      }),
    );
    const present = answers.filter((text) => text !== undefined);
    for (const array of answerArrays(present, longest)) send(array);
  };

  const receive = async (message: Message): Promise<void> => {
    if (message.kind === 'batch' && session !== undefined && hasBatches(session.revision))
      return receiveBatch(message.text);
    const text = await reply(message);
    if (text !== undefined) send(text);
  };

  const failed = (error: unknown): void => log.error({ err: error }, 'a message could not be answered');
  const order = createInOrder(input, failed);
  /** The next message waits until this one is read, not until it is answered. */
  const receiveLarge = async (bytes: Buffer): Promise<void> => {
    const line = await decodeLarge(bytes);
    const message = await parseLarge(line, 'caller');
    void receive(message).catch(failed);
  };

  /** The message that is being dropped, until it is answered: many clients write the id last. */
  let tooLong: IdFinder | undefined;
  const reader = createLineReader(
    {
      line: (text) => order.run(() => void receive(parseMessage(text, 'caller')).catch(failed)),
      large: (bytes) => order.run(() => receiveLarge(bytes)),
      broken(reason) {
        if (reason === 'too long') tooLong = createIdFinder();
        else
          send(
            refuse({
              id: 'null',
              code: 'PARSE_ERROR',
              message: 'The message is not valid UTF-8.',
              responseId: undefined,
            }),
          );
        return true;
      },
      dropped(piece, isEnd) {
        tooLong?.push(piece);
        if (tooLong === undefined || !(isEnd || tooLong.isHopeless)) return;
        const message = `The message is longer than ${options.maxMessageBytes} bytes.`;
        send(refuse({ id: tooLong.id(), code: 'INVALID_REQUEST', message, responseId: tooLong.responseId() }));
        tooLong = undefined;
      },
    },
    options.maxMessageBytes,
  );
  input.on('data', (chunk: Buffer) => reader.push(chunk));
  input.once('end', () => order.run(() => options.ended('stdin closed')));
  input.once('error', () => options.ended('stdin closed'));
  output.once('error', () => options.ended('stdout broken'));

  return {
    refuse() {
      draining = true;
    },
    idle: () => inFlight.idle(),
    abort: (reason) => inFlight.abortAll(reason),
  };
}
