/** The servers of this worker, for another one: its end of the frames that remote-client.ts sends. */
import type { Socket } from 'node:net';
import type { ServerDefinition } from '../config/snapshot.ts';
import { Canceller } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';
import type {
  ClientAnswer,
  Reply,
  ServerRequest,
  Tenant,
  UpstreamConnection,
  UpstreamEvents,
  Upstreams,
} from '../upstream/contract.ts';
import { NO_ANSWER } from '../upstream/failures.ts';
import { errorText } from './error-codec.ts';
import { WANTS } from './remote-client.ts';
import { frames, type Head } from './remote-frames.ts';

export interface RemoteServerOptions {
  /** The definition of that name and key, in the configuration that is in force or about to be; undefined where it is over. */
  readonly definition: (name: string, key: string) => ServerDefinition | undefined;
  /** What is asked for besides servers. */
  readonly asked: (what: string, value: unknown) => Promise<{ readonly value: unknown; readonly body?: string }>;
}

export interface RemoteServer {
  /** Serves another worker until the socket ends; its calls are cancelled then. */
  serve(socket: Socket, upstreams: Upstreams): void;
  /** The events of the own servers, told to everybody who borrows from here. */
  readonly events: UpstreamEvents;
}

export function createRemoteServer(options: RemoteServerOptions): RemoteServer {
  const borrowers = new Set<(head: Head, body: string) => void>();
  const tell =
    (kind: keyof UpstreamEvents) =>
    (server: ServerDefinition, more?: unknown): void => {
      const uri = typeof more === 'string' ? more : '';
      for (const send of borrowers) send(['event', kind, server.name, server.key], uri);
    };
  return {
    serve(socket, upstreams) {
      const send = serveBorrower(socket, upstreams, options);
      borrowers.add(send);
      socket.once('close', () => borrowers.delete(send));
    },
    events: {
      connected: tell('connected'),
      disconnected: tell('disconnected'),
      toolsChanged: tell('toolsChanged'),
      promptsChanged: tell('promptsChanged'),
      resourcesChanged: tell('resourcesChanged'),
      resourceUpdated: tell('resourceUpdated'),
      // What belongs to no request is for sessions of the worker that has the server.
      said: () => {},
      asked: () => undefined,
    },
  };
}

/** Something that is done for the remote client, who may cancel it. */
class RemoteCall extends Canceller {
  /** Questions to the caller that wait for their answers, by number; few calls have any. */
  asks: Map<number, (answer: ClientAnswer) => void> | undefined;
}

function serveBorrower(
  socket: Socket,
  upstreams: Upstreams,
  options: RemoteServerOptions,
): (head: Head, body: string) => void {
  const leases = new Map<number, UpstreamConnection>();
  const flights = new Map<number, RemoteCall>();
  let nextLease = 1;

  const failed = (id: number, flight: RemoteCall | undefined, error: unknown): void => {
    flights.delete(id);
    if (flight?.aborted !== true) send(['failed', id, errorText(error)]);
  };

  const lease = async (
    id: number,
    [name, key, timeoutMs, listing, tenant]: readonly [string, string, number, boolean, Tenant | null],
  ): Promise<void> => {
    const server = options.definition(name, key);
    if (server === undefined) return send(['changed', id]);
    const flight = new RemoteCall();
    flights.set(id, flight);
    try {
      if (tenant !== null) upstreams.expect(tenant.capabilities);
      const wanted = { timeoutMs, signal: flight, listing, tenant: tenant ?? undefined };
      const link = await upstreams.lease(server, wanted);
      const number = nextLease++;
      leases.set(number, link);
      flights.delete(id);
      send(['leased', id, number, link.facts]);
    } catch (error) {
      failed(id, flight, error);
    }
  };

  const call = (id: number, head: CallHead, body: string): void => {
    const [, , number, method, timeoutMs, wants, length, headers, capabilities] = head;
    const flight = new RemoteCall();
    flights.set(id, flight);
    linkOf(number)
      .request(method, body.slice(0, length), {
        timeoutMs: timeoutMs ?? Number.POSITIVE_INFINITY,
        signal: flight,
        meta: body.slice(length),
        headers: headers ?? undefined,
        clientCapabilities: capabilities ?? undefined,
        onProgress: (wants & WANTS.progress) === 0 ? undefined : (params) => send(['progress', id], params),
        onRequest: (wants & WANTS.requests) === 0 ? undefined : (request) => ask(id, flight, request),
        onNotification:
          (wants & WANTS.notifications) === 0 ? undefined : (what, params) => send(['told', id, what], params),
      })
      .then(
        (reply) => {
          flights.delete(id);
          sendReply(id, reply);
        },
        (error: unknown) => failed(id, flight, error),
      );
  };

  /** A server asks the caller of a call something. */
  const ask = (id: number, flight: RemoteCall, { method, params, withdrawn }: ServerRequest): Promise<ClientAnswer> =>
    new Promise((resolve) => {
      if (flight.aborted) return resolve(NO_ANSWER);
      flight.asks ??= new Map();
      const n = flight.asks.size;
      flight.asks.set(n, resolve);
      withdrawn.addEventListener('abort', () => send(['withdrawn', id, n]));
      flight.addEventListener('abort', () => resolve(NO_ANSWER));
      send(['asked', id, n, method], params);
    });

  const sendReply = (id: number, reply: Reply): void => {
    if (reply.ok) {
      const { text, metaAt, resultType, isError, ttlMs } = reply.result;
      send(['reply', id, true, metaAt, resultType, isError, ttlMs ?? null], text);
    } else send(['reply', id, false, reply.code, reply.message, reply.data !== undefined], reply.data);
  };

  const linkOf = (number: number): UpstreamConnection => {
    const link = leases.get(number);
    if (link !== undefined) return link;
    throw new GatewayError(
      'SERVER_UNAVAILABLE',
      'The connection to the server is over; the call was not sent. Try again.',
    );
  };

  const { send } = frames(socket, (head, body) => {
    const [kind, first] = head;
    const id = first as number;
    try {
      switch (kind) {
        case 'call':
          call(id, head as CallHead, body);
          break;
        case 'lease':
          void lease(id, head.slice(2) as unknown as Parameters<typeof lease>[1]);
          break;
        case 'resource': {
          const link = linkOf(head[2] as number);
          const done = head[3] === true ? link.subscribeResource(body) : link.unsubscribeResource(body);
          done.then(
            (reply) => sendReply(id, reply),
            (error: unknown) => failed(id, undefined, error),
          );
          break;
        }
        case 'ask':
          options.asked(head[2] as string, head[3]).then(
            ({ value, body: text }) => send(['given', id, value], text),
            (error: unknown) => failed(id, undefined, error),
          );
          break;
        case 'abort':
          flights.get(id)?.abort();
          break;
        case 'answer':
          settle(flights.get(id), head, body);
          break;
        case 'drop':
          leases.delete(id);
      }
    } catch (error) {
      failed(id, undefined, error);
    }
  });
  socket.once('close', () => {
    for (const flight of flights.values()) flight.abort();
  });
  return send;
}

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
];

/** The caller answered what a server asked it. */
function settle(flight: RemoteCall | undefined, head: Head, body: string): void {
  const [, , n, ok, code, message, hasData] = head as readonly [
    string,
    number,
    number,
    boolean,
    number,
    string,
    boolean,
  ];
  const resolve = flight?.asks?.get(n);
  if (resolve === undefined) return;
  if (ok) resolve({ ok, result: body });
  else resolve({ ok: false, code, message, ...(hasData ? { data: body } : {}) });
}
