/** Makes the calls of the operations of an API. */
import { Gatherer } from '../../shared/byte-gatherer.ts';
import type { CancelSignal } from '../../shared/cancel.ts';
import { type AnswerBudget, createAnswerBudget, NO_ROOM } from '../channel/answer-budget.ts';
import type { HttpClient } from '../channel/http-client.ts';
import type { HttpResponse } from '../channel/http-exchange.ts';
import { bodyTooLong } from '../channel/network-error.ts';
import { unavailable } from '../failures.ts';
import { type ApiTerms, OperationCalls } from './call/api-request.ts';
import { ArgumentFault } from './call/argument-fault.ts';
import type { CompiledApi, OperationPlan } from './call-plan.ts';
import { apiResult, faultResult, TOLD_HEADERS } from './result/api-result.ts';

interface CallerOptions {
  readonly server: string;
  readonly api: CompiledApi;
  readonly terms: ApiTerms;
  readonly client: HttpClient;
  readonly maxMessageBytes: number;
}

interface Operation {
  readonly plan: OperationPlan;
  readonly calls: OperationCalls;
}

export class ApiCaller {
  readonly #options: CallerOptions;
  readonly #plans: ReadonlyMap<string, OperationPlan>;
  /** Those that were called. */
  readonly #operations = new Map<string, Operation>();

  constructor(options: CallerOptions) {
    this.#options = options;
    this.#plans = new Map(options.api.plans.map((plan) => [plan.tool, plan]));
  }

  /** The operation behind a tool; undefined where there is none. */
  operation(tool: string): Operation | undefined {
    const known = this.#operations.get(tool);
    const plan = this.#plans.get(tool);
    if (known !== undefined || plan === undefined) return known;
    const operation = { plan, calls: new OperationCalls(plan, this.#options.terms) };
    this.#operations.set(tool, operation);
    return operation;
  }

  /**
   * @param args JSON text of an object.
   * @returns the result, JSON text of an object: also of calls that the API refuses, or whose arguments do not fit.
   * @throws GatewayError SERVER_UNAVAILABLE, AUTH_REQUIRED, or the reason of the signal
   */
  async call({ plan, calls }: Operation, args: string, signal: CancelSignal): Promise<string> {
    const { server, client, terms } = this.#options;
    let request: ReturnType<OperationCalls['request']>;
    try {
      request = calls.request(args);
    } catch (error) {
      if (!(error instanceof ArgumentFault)) throw error;
      return faultResult(`${plan.tool} ${error.message}. Nothing was sent.`);
    }
    const { method, path, headers, body } = request;
    const budget = createAnswerBudget(server);
    try {
      const response = await client.request({ method, path, headers, body, signal, keepsRedirects: true });
      const told = TOLD_HEADERS.flatMap((name) => {
        const value = response.header(name);
        return value === undefined ? [] : [[name, value] as const];
      });
      const read = await this.#read(response, budget);
      const address = `${terms.origin}${path.replace(/\?.*$/s, '')}`;
      const { status, type } = response;
      return await apiResult({ status, type, body: read, headers: new Map(told) }, plan, address);
    } finally {
      budget.end();
    }
  }

  async #read(response: HttpResponse, budget: AnswerBudget): Promise<Buffer> {
    const { server, maxMessageBytes } = this.#options;
    const gatherer = new Gatherer(maxMessageBytes, Number(response.header('content-length')) || 0);
    await response.body.read((chunk) => {
      const length = gatherer.length + chunk.length;
      if (length > maxMessageBytes) throw bodyTooLong(server, maxMessageBytes);
      if (!budget.grow(length)) throw unavailable(server, NO_ROOM);
      gatherer.push(chunk);
    });
    return gatherer.take();
  }
}
