/** The servers of this worker, for other ones: its end of the frames that server-borrower.ts sends. */
import type { Socket } from 'node:net';
import type { ServerDefinition } from '../config/snapshot.ts';
import { noTimes } from '../observe/call-times.ts';
import { Canceller } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import type {
  ClientAnswer,
  DecidedDefinition,
  Reply,
  ServerRequest,
  Tenant,
  UpstreamConnection,
  UpstreamEvents,
  Upstreams,
} from '../upstream/contract.ts';
import { NO_ANSWER } from '../upstream/failures.ts';
import { encodeError } from './error-codec.ts';
import { type Frames, frames, type Head } from './remote-frames.ts';
import { encodeTimes, replyFrame } from './reply-codec.ts';
import { WANTS } from './server-borrower.ts';

export interface ServerLenderOptions {
  /** The definition of that name and key, in the configuration that is in force or about to be; undefined where it is over. */
  readonly definition: (name: string, key: string) => ServerDefinition | undefined;
  /** The requests besides those for servers. */
  readonly asked: (what: string, value: unknown) => Promise<{ readonly value: unknown; readonly body?: string }>;
}

export class ServerLender {
  readonly #options: ServerLenderOptions;
  readonly #borrowers = new Set<ServedWorker>();
  /** The events of the own servers, told to everybody who borrows from here. */
  readonly events: UpstreamEvents;

  constructor(options: ServerLenderOptions) {
    this.#options = options;
    const tell =
      (kind: keyof UpstreamEvents) =>
      (server: ServerDefinition, more?: unknown): void => {
        const uri = typeof more === 'string' ? more : '';
        for (const borrower of this.#borrowers) borrower.send(['event', kind, server.name, server.key], uri);
      };
    this.events = {
      connected: tell('connected'),
      disconnected: tell('disconnected'),
      toolsChanged: tell('toolsChanged'),
      promptsChanged: tell('promptsChanged'),
      resourcesChanged: tell('resourcesChanged'),
      resourceUpdated: tell('resourceUpdated'),
      taskChanged: tell('taskChanged'),
      // Messages that belong to no request are for sessions of the worker that has the server.
      said: () => {},
      asked: () => undefined,
    };
  }

  /** Serves another worker until the socket ends; its calls are cancelled then. */
  serve(socket: Socket, upstreams: Upstreams): void {
    const borrower = new ServedWorker(socket, upstreams, this.#options);
    this.#borrowers.add(borrower);
    socket.once('close', () => {
      this.#borrowers.delete(borrower);
      borrower.end();
    });
  }
}

/** Something that is done for the other worker, which may cancel it. */
class RemoteCall extends Canceller {
  /** The parts of the time of a request. */
  readonly times = noTimes();
  /** Questions to the caller that wait for their answers, by number; few calls have any. */
  questions: Map<number, (answer: ClientAnswer) => void> | undefined;
}

type LeaseHead = readonly [
  kind: 'lease',
  id: number,
  server: string,
  key: string,
  timeoutMs: number,
  listing: boolean,
  tenant: Tenant | null,
];

type CallHead = readonly [
  kind: 'call',
  id: number,
  lease: number,
  method: string,
  timeoutMs: number | null,
  wants: number,
  paramsLength: number,
  headers: Readonly<Record<string, string>> | null,
  capabilities: string | null,
  definition: DecidedDefinition | null,
  trace: readonly [traceparent: string, tracestate: string] | null,
  task: string | null,
];

type NotifyHead = readonly [kind: 'notify', id: 0, server: string, key: string, tenant: Tenant, method: string];

type AnswerHead = readonly [
  kind: 'answer',
  id: number,
  number: number,
  ok: boolean,
  code: number,
  message: string,
  hasData: boolean,
];

class ServedWorker {
  readonly #upstreams: Upstreams;
  readonly #options: ServerLenderOptions;
  readonly #leases = new Map<number, UpstreamConnection>();
  readonly #calls = new Map<number, RemoteCall>();
  readonly #frames: Frames;
  #nextLease = 1;

  constructor(socket: Socket, upstreams: Upstreams, options: ServerLenderOptions) {
    this.#upstreams = upstreams;
    this.#options = options;
    this.#frames = frames(socket, (head, body) => this.#receive(head, body));
  }

  send(head: Head, body?: string): void {
    this.#frames.send(head, body);
  }

  /** The other worker is gone. */
  end(): void {
    for (const call of this.#calls.values()) call.abort();
  }

  #receive(head: Head, body: string): void {
    const id = head[1] as number;
    try {
      switch (head[0]) {
        case 'call':
          this.#call(head as CallHead, body);
          break;
        case 'lease':
          void this.#lease(head as unknown as LeaseHead);
          break;
        case 'resource':
          this.#subscribe(id, head[2] as number, body, head[3] === true);
          break;
        case 'task':
          this.#leased(head[2] as number)
            .watchTask(body)
            .then(
              (isAgreed) => this.send(['given', id, isAgreed]),
              (error: unknown) => this.#fail(id, undefined, error),
            );
          break;
        case 'ask':
          this.#options.asked(head[2] as string, head[3]).then(
            ({ value, body: text }) => this.send(['given', id, value], text),
            (error: unknown) => this.#fail(id, undefined, error),
          );
          break;
        case 'notify':
          this.#notify(head as unknown as NotifyHead, body);
          break;
        case 'abort':
          this.#calls.get(id)?.abort();
          break;
        case 'answer':
          settleQuestion(this.#calls.get(id), head as AnswerHead, body);
          break;
        case 'drop':
          this.#leases.delete(id);
      }
    } catch (error) {
      this.#fail(id, undefined, error);
    }
  }

  async #lease([, id, name, key, timeoutMs, listing, tenant]: LeaseHead): Promise<void> {
    const server = this.#options.definition(name, key);
    if (server === undefined) return this.send(['changed', id]);
    const call = this.#begin(id);
    try {
      if (tenant !== null) this.#upstreams.expect(tenant.capabilities);
      const connection = await this.#upstreams.lease(server, {
        timeoutMs,
        signal: call,
        listing,
        tenant: tenant ?? undefined,
      });
      const lease = this.#nextLease++;
      this.#leases.set(lease, connection);
      this.#calls.delete(id);
      this.send(['leased', id, lease, connection.facts]);
    } catch (error) {
      this.#fail(id, call, error);
    }
  }

  /** A client tells its servers something, such as that its roots have changed. */
  #notify([, , name, key, tenant, method]: NotifyHead, params: string): void {
    const server = this.#options.definition(name, key);
    if (server !== undefined) this.#upstreams.notify(server, tenant, method, params);
  }

  #call(
    [, id, lease, method, timeoutMs, wants, length, headers, capabilities, definition, trace, task]: CallHead,
    body: string,
  ): void {
    const call = this.#begin(id);
    this.#leased(lease)
      .request(method, body.slice(0, length), {
        timeoutMs: timeoutMs ?? Number.POSITIVE_INFINITY,
        signal: call,
        times: call.times,
        meta: body.slice(length),
        task: task ?? undefined,
        trace: trace === null ? undefined : { traceparent: trace[0], tracestate: trace[1] },
        headers: headers ?? undefined,
        clientCapabilities: capabilities ?? undefined,
        definition: definition ?? undefined,
        onProgress: (wants & WANTS.progress) === 0 ? undefined : (params) => this.send(['progress', id], params),
        onRequest: (wants & WANTS.requests) === 0 ? undefined : (request) => this.#question(id, call, request),
        onNotification:
          (wants & WANTS.notifications) === 0
            ? undefined
            : (notification, params) => this.send(['told', id, notification], params),
      })
      .then(
        (reply) => {
          this.#calls.delete(id);
          this.send(...replyFrame(id, reply, call.times));
        },
        (error: unknown) => this.#fail(id, call, error),
      );
  }

  #subscribe(id: number, lease: number, uri: string, isSubscribe: boolean): void {
    const connection = this.#leased(lease);
    const pending: Promise<Reply> = isSubscribe
      ? connection.subscribeResource(uri)
      : connection.unsubscribeResource(uri);
    pending.then(
      (reply) => this.send(...replyFrame(id, reply, undefined)),
      (error: unknown) => this.#fail(id, undefined, error),
    );
  }

  /** A server asks the caller of a call something. */
  #question(id: number, call: RemoteCall, { method, params, withdrawn }: ServerRequest): Promise<ClientAnswer> {
    return new Promise((resolve) => {
      if (call.aborted) return resolve(NO_ANSWER);
      call.questions ??= new Map();
      const number = call.questions.size;
      call.questions.set(number, resolve);
      withdrawn.addEventListener('abort', () => this.send(['withdrawn', id, number]));
      call.addEventListener('abort', () => resolve(NO_ANSWER));
      this.send(['asked', id, number, method], params);
    });
  }

  #begin(id: number): RemoteCall {
    const call = new RemoteCall();
    this.#calls.set(id, call);
    return call;
  }

  #fail(id: number, call: RemoteCall | undefined, error: unknown): void {
    this.#calls.delete(id);
    if (call?.aborted !== true) this.send(['failed', id, encodeError(error), ...encodeTimes(call?.times)]);
  }

  #leased(lease: number): UpstreamConnection {
    const connection = this.#leases.get(lease);
    if (connection !== undefined) return connection;
    throw new GatewayError(
      'SERVER_UNAVAILABLE',
      'The connection to the server is over; the call was not sent. Try again.',
    );
  }
}

/** The caller answered what a server asked it. */
function settleQuestion(
  call: RemoteCall | undefined,
  [, , number, ok, code, message, hasData]: AnswerHead,
  body: string,
): void {
  const resolve = call?.questions?.get(number);
  if (resolve === undefined) return;
  if (ok) resolve({ ok, result: body });
  else resolve({ ok: false, code, message, ...(hasData ? { data: body } : {}) });
}
