/**
 * The channel of an API that is described by an OpenAPI document: it answers requests of MCP itself, and makes HTTP requests of calls. Whoever sends on it sees a server
 * like any other.
 */

import { parseMessage, type RequestMessage } from '../../protocol/json-rpc.ts';
import { findMember, stringValue, valueText } from '../../protocol/members.ts';
import { LATEST_MODERN, META_SERVER_INFO } from '../../protocol/revisions.ts';
import { Canceller } from '../../shared/cancel.ts';
import { CATALOGUE, GatewayError } from '../../shared/errors.ts';
import { isLarge } from '../../shared/large-text.ts';
import { NumberTable } from '../../shared/number-table.ts';
import { readFew } from '../channel/answer-budget.ts';
import type { Channel, ChannelHandlers, OpenChannel, Outgoing } from '../channel/channel.ts';
import type { HttpClient } from '../channel/http-client.ts';
import { unavailable } from '../failures.ts';
import { ApiCaller } from './api-caller.ts';
import type { ApiTerms } from './call/api-request.ts';
import type { CompiledApi } from './call-plan.ts';

export interface OpenApiChannelOptions {
  readonly server: string;
  readonly api: CompiledApi;
  readonly terms: ApiTerms;
  readonly client: HttpClient;
  readonly maxMessageBytes: number;
  /** Told when nothing of the channel is left. */
  readonly released: () => void;
}

/** Characters of one page of a list. */
const MAX_PAGE = 256 * 1024;
/** Characters of the description of an API that it says of itself. */
const MAX_INSTRUCTIONS = 2000;

export function openApiChannel(options: OpenApiChannelOptions): OpenChannel {
  return (handlers) => new OpenApiChannel(options, handlers);
}

class OpenApiChannel implements Channel {
  readonly #options: OpenApiChannelOptions;
  readonly #handlers: ChannelHandlers;
  readonly #caller: ApiCaller;
  readonly #requests = new NumberTable<Canceller>();
  #isClosed = false;

  constructor(options: OpenApiChannelOptions, handlers: ChannelHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#caller = new ApiCaller(options);
  }

  send(message: Outgoing): void {
    const { id } = message;
    if (this.#isClosed || id === undefined) return;
    const canceller = new Canceller();
    this.#requests.add(id, canceller);
    void this.#answer(message.text, id, canceller);
  }

  cancel(id: number): void {
    this.#requests.get(id)?.abort(unavailable(this.#options.server, 'was told to stop.'));
  }

  listen(): void {
    // An API says nothing by itself.
  }

  async close(): Promise<void> {
    this.kill();
    await this.#options.client.close();
  }

  kill(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.released();
    const reason = unavailable(this.#options.server, 'was disconnected.');
    for (const request of this.#requests.values()) request.abort(reason);
  }

  /** Never rejects. */
  async #answer(text: string, id: number, signal: Canceller): Promise<void> {
    const { server } = this.#options;
    try {
      const message = parseMessage(text, 'server');
      if (message.kind !== 'request') return;
      const answer = await this.#outcome(message, signal);
      if (!this.#handlers.waits(id)) return;
      const whole = `{"jsonrpc":"2.0","id":${id},${answer}}`;
      const isTaken = isLarge(whole.length)
        ? await readFew(async () => this.#handlers.message(whole, id))
        : this.#handlers.message(whole, id);
      if (!(await isTaken)) throw unavailable(server, 'sent an answer that cannot be read.');
    } catch (error) {
      const isOurs = error instanceof GatewayError;
      this.#handlers.failed(id, isOurs ? error : unavailable(server, 'broke off its answer.', { cause: error }));
    } finally {
      this.#requests.delete(id);
    }
  }

  /** The member of the response that is the outcome. */
  async #outcome(message: RequestMessage, signal: Canceller): Promise<string> {
    switch (message.method) {
      case 'server/discover':
        return `"result":${this.#introduction()}`;
      case 'tools/list':
        return this.#list(message);
      case 'tools/call':
        return this.#call(message, signal);
      default:
        return errorText(CATALOGUE.METHOD_NOT_FOUND.rpc, 'An API only has tools.');
    }
  }

  #introduction(): string {
    const { title, version, description } = this.#options.api;
    return JSON.stringify({
      resultType: 'complete',
      supportedVersions: [LATEST_MODERN],
      capabilities: { tools: {} },
      ...(description === undefined ? {} : { instructions: description.slice(0, MAX_INSTRUCTIONS) }),
      _meta: { [META_SERVER_INFO]: { name: title, version } },
    });
  }

  #list({ text, params }: RequestMessage): string {
    const cursor = stringValue(text, findMember(params, 'cursor'));
    const { tools } = this.#options.api;
    const from = cursor === undefined ? 0 : Number(cursor);
    if (!Number.isSafeInteger(from) || from < 0 || from > tools.length)
      return errorText(INVALID_PARAMS, 'There is no such page.');
    let to = from;
    for (let size = 0; to < tools.length && (to === from || size < MAX_PAGE); to++) size += tools[to]?.length ?? 0;
    const next = to < tools.length ? `,"nextCursor":"${to}"` : '';
    return `"result":{"resultType":"complete","tools":[${tools.slice(from, to).join()}]${next}}`;
  }

  async #call({ text, params }: RequestMessage, signal: Canceller): Promise<string> {
    const name = stringValue(text, findMember(params, 'name')) ?? '';
    const operation = this.#caller.operation(name);
    if (operation === undefined)
      return errorText(INVALID_PARAMS, `There is no tool ${JSON.stringify(name.slice(0, 128))}.`);
    const args = valueText(text, findMember(params, 'arguments')) ?? '{}';
    const result = await this.#caller.call(operation, args, signal);
    return `"result":{"resultType":"complete",${result.slice(1)}`;
  }
}

const INVALID_PARAMS = -32602;

function errorText(code: number, message: string): string {
  return `"error":${JSON.stringify({ code, message })}`;
}
