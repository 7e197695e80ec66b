/** One client over stdio: its session, its requests in flight, and what each message of it is answered with. */
import type { Writable } from 'node:stream';
import { ARRAY_BYTES, answerArrays, type BadBatch, batchElements, refuseAnswers } from '../mcp/batch.ts';
import type { Exchange, McpHandler } from '../mcp/handler.ts';
import { createInFlightRequests, isWithdrawn } from '../mcp/in-flight.ts';
import { isLonger, STDIO_MESSAGE_BYTES } from '../mcp/message-limit.ts';
import { declaredRevision } from '../mcp/request-meta.ts';
import { pong, refusal } from '../mcp/response.ts';
import { beginSession, createAsks, type SessionState } from '../mcp/session.ts';
import type { Logger } from '../observe/log.ts';
import type { Connection } from '../pipeline/caller.ts';
import { type InvalidMessage, type Message, parseAny, type RequestMessage } from '../protocol/json-rpc.ts';
import { oneLine } from '../protocol/json-text.ts';
import { hasBatches } from '../protocol/revisions.ts';
import type { CancelSignal } from '../shared/cancel.ts';
import type { GatewayError } from '../shared/errors.ts';
import { writable } from '../shared/large-text.ts';

export interface StdioConnectionOptions {
  readonly output: Writable;
  readonly handler: McpHandler;
  readonly connection: Connection;
  /** The server that the connection is for alone (`--server`). */
  readonly server: string | undefined;
  readonly log: Logger;
}

export class StdioConnection {
  readonly #options: StdioConnectionOptions;
  readonly #inFlight = createInFlightRequests();
  /** Of all sessions: calls of the one before may still wait for answers. */
  readonly #asks = createAsks(STDIO_MESSAGE_BYTES);
  /** Of the `initialize` handshake; requests of the modern era need none. */
  #session: SessionState | undefined;
  #negotiating: Promise<unknown> | undefined;
  #isDraining = false;
  #stopListening = (): void => {};

  constructor(options: StdioConnectionOptions) {
    this.#options = options;
  }

  /** Takes no more requests. */
  refuseRequests(): void {
    this.#isDraining = true;
  }

  /** Resolves when nothing is in flight. */
  idle(): Promise<void> {
    return this.#inFlight.idle();
  }

  /** Cancels what is still in flight; it is answered with the reason. */
  abort(reason: GatewayError): void {
    this.#inFlight.abortAll(reason);
  }

  /** Writes one message, unless it is longer than any client reads. */
  readonly send = (text: string): void => {
    const { output, log } = this.#options;
    if (isLonger(text, STDIO_MESSAGE_BYTES)) {
      log.warn({ characters: text.length }, 'a message was too long for a client over stdio and was dropped');
      return;
    }
    if (output.writable) output.write(writable(`${oneLine(text)}\n`));
  };

  /** Answers a message of the client. */
  async receive(message: Message): Promise<void> {
    const session = this.#session;
    if (message.kind === 'batch' && session !== undefined && hasBatches(session.revision)) {
      return this.#receiveBatch(message.text);
    }
    const text = await this.#reply(message);
    if (text !== undefined) this.send(text);
  }

  /** Refuses a message. The owner is told too: some clients say nothing of an answer that they did not expect. */
  refuse({ id, code, message, responseId }: Omit<InvalidMessage, 'kind'>): void {
    this.send(this.#refusal({ id, code, message, responseId }));
  }

  #refusal({ id, code, message, responseId }: Omit<InvalidMessage, 'kind'>): string {
    this.#asks.refuse(responseId, message);
    this.#options.log.warn({ id, code, why: message }, 'a message of the client was refused');
    return refusal(id, code, message).text;
  }

  /** @returns what a message is answered with; notifications and responses with nothing. */
  #reply(message: Message): Promise<string | undefined> | string | undefined {
    switch (message.kind) {
      case 'request':
        return this.#answer(message);
      case 'notification': {
        const { connection, server, handler } = this.#options;
        if (message.method === 'notifications/cancelled') this.#inFlight.cancel(message);
        else if (this.#session !== undefined) handler.notified(this.#session, { connection, server }, message);
        return undefined;
      }
      case 'response':
        this.#asks.settle(message);
        return undefined;
      case 'invalid':
        return this.#refusal(message);
      case 'batch':
        return this.#refuseBatch(message.text, 'INVALID_REQUEST', NO_BATCHES);
    }
  }

  /** @returns the answer's text, undefined where none is to be sent. */
  async #answer(request: RequestMessage): Promise<string | undefined> {
    const { id } = request;
    if (this.#isDraining) return refusal(id, 'SHUTTING_DOWN', 'The gateway is shutting down: start it again.').text;
    const signal = this.#inFlight.begin(id)?.signal;
    if (signal === undefined) {
      return refusal(id, 'INVALID_REQUEST', 'A request with this id is still in flight: use a new id.').text;
    }
    try {
      const exchange = this.#exchange(signal);
      if (declaredRevision(request) === undefined && request.method === 'initialize') {
        return await this.#initialize(request, exchange);
      }
      const text = await this.#handle(request, exchange);
      return isWithdrawn(signal) ? undefined : text;
    } finally {
      this.#inFlight.end(id);
    }
  }

  async #handle(request: RequestMessage, exchange: Exchange): Promise<string> {
    const { handler } = this.#options;
    if (declaredRevision(request) !== undefined) return (await handler.modern(request, exchange)).text;
    // A client may send more before it has the answer to its `initialize`.
    await this.#negotiating;
    if (this.#session !== undefined) return (await handler.legacy(request, exchange, this.#session)).text;
    if (request.method === 'ping') return pong(request.id).text;
    const hint = 'Send initialize first, or declare a protocol version in params._meta.';
    return refusal(request.id, 'INVALID_REQUEST', hint).text;
  }

  async #initialize(request: RequestMessage, exchange: Exchange): Promise<string> {
    const { handler } = this.#options;
    const negotiation = handler.initialize(request, exchange);
    this.#negotiating = negotiation;
    const { text, session: negotiated } = await negotiation;
    if (negotiated === undefined) return text;
    const before = this.#session;
    const session = beginSession('stdio', negotiated, this.#asks);
    this.#session = session;
    this.#stopListening();
    // If it never said that it is initialized, everything that waits for that is over.
    before?.ready.resolve();
    const outlet = { send: this.send, isOpen: () => this.#session === session };
    this.#stopListening = handler.listen(session, exchange, outlet);
    return text;
  }

  #exchange(signal: CancelSignal): Exchange {
    const { connection, server } = this.#options;
    const longest = STDIO_MESSAGE_BYTES - ARRAY_BYTES;
    return { connection, server, signal, streams: true, longest, notify: this.send };
  }

  async #refuseBatch(text: string, code: BadBatch['code'], why: string): Promise<string> {
    await refuseAnswers(this.#asks, text, why);
    return refusal('null', code, why).text;
  }

  async #receiveBatch(text: string): Promise<void> {
    const elements = await batchElements(text);
    if (!Array.isArray(elements)) {
      this.send(await this.#refuseBatch(text, elements.code, elements.message));
      return;
    }
    const answers = await Promise.all(
      elements.map((element) => {
        const message = parseAny(element, 'caller');
        return message instanceof Promise ? message.then((read) => this.#reply(read)) : this.#reply(message);
      }),
    );
    const present = answers.filter((answer) => answer !== undefined);
    for (const array of answerArrays(present, STDIO_MESSAGE_BYTES)) this.send(array);
  }
}

const NO_BATCHES = 'This protocol revision has no batches: send one message per line.';
