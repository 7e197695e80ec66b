/** The servers of this worker, for another one: its end of the frames that borrower.ts sends. */
import type { Socket } from 'node:net';
import type { ServerDefinition } from '../../config/types.ts';
import { Canceller, type CancelSignal } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ClientAnswer, Downstream, DownstreamEvents, Link, Reply, RequestOptions, Tenant } from '../types.ts';
import { WANTS } from './borrower.ts';
import { errorText } from './errors.ts';
import { frames, type Head } from './frames.ts';

export interface OwnerOptions {
  /** The definition of that name and key, in the configuration that is in force or about to be; undefined where it is over. */
  readonly definition: (name: string, key: string) => ServerDefinition | undefined;
  /** What is asked for besides servers. */
  readonly asked: (what: string, value: unknown) => Promise<{ readonly value: unknown; readonly body?: string }>;
}

export interface Owner {
  /** Serves another worker until the socket ends; its calls are cancelled then. */
  serve(socket: Socket, downstream: Downstream): void;
  /** The events of the own servers, told to everybody who borrows from here. */
  readonly events: DownstreamEvents;
}

export function createOwner(options: OwnerOptions): Owner {
  const borrowers = new Set<(head: Head, body: string) => void>();
  const tell =
    (kind: keyof DownstreamEvents) =>
    (server: ServerDefinition, more?: unknown): void => {
      const uri = typeof more === 'string' ? more : '';
      for (const send of borrowers) send(['event', kind, server.name, server.key], uri);
    };
  return {
    serve(socket, downstream) {
      const send = serveBorrower(socket, downstream, options);
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
    },
  };
}

interface Flight {
  readonly controller: Canceller;
  /** Questions to the caller that wait for their answers, by number. */
  readonly asks: Map<number, (answer: ClientAnswer) => void>;
}

function serveBorrower(
  socket: Socket,
  downstream: Downstream,
  options: OwnerOptions,
): (head: Head, body: string) => void {
  const leases = new Map<number, Link>();
  const flights = new Map<number, Flight>();
  let nextLease = 1;

  /** Does something for the borrower, who may cancel it. */
  const work = (id: number, run: (flight: Flight) => Promise<readonly [Head, string]>): void => {
    const flight: Flight = { controller: new Canceller(), asks: new Map() };
    flights.set(id, flight);
    run(flight).then(
      ([head, body]) => {
        flights.delete(id);
        send(head, body);
      },
      (error: unknown) => {
        flights.delete(id);
        if (!flight.controller.signal.aborted) send(['failed', id, errorText(error)]);
      },
    );
  };

  const lease = async (
    id: number,
    [name, key, timeoutMs, listing, tenant]: readonly [string, string, number, boolean, Tenant | null],
    signal: CancelSignal,
  ): Promise<readonly [Head, string]> => {
    const server = options.definition(name, key);
    if (server === undefined) return [['changed', id], ''];
    if (tenant !== null) downstream.expect(tenant.capabilities);
    const wanted = { timeoutMs, signal, listing, tenant: tenant ?? undefined };
    const link = await downstream.lease(server, wanted);
    const number = nextLease++;
    leases.set(number, link);
    return [['leased', id, number, link.facts], ''];
  };

  const call = async (id: number, head: Head, body: string, flight: Flight): Promise<readonly [Head, string]> => {
    const [, , number, method, timeoutMs, maxTotalMs, wants, length, headers, capabilities] = head as CallHead;
    let asked = 0;
    const onRequest: RequestOptions['onRequest'] = (request) =>
      new Promise((resolve) => {
        const n = asked++;
        flight.asks.set(n, resolve);
        request.withdrawn.addEventListener('abort', () => send(['withdrawn', id, n]));
        send(['asked', id, n, request.method], request.params);
      });
    const reply = await linkOf(number).request(method, body.slice(0, length), {
      timeoutMs: timeoutMs ?? Number.POSITIVE_INFINITY,
      ...(maxTotalMs === null ? {} : { maxTotalMs }),
      signal: flight.controller.signal,
      meta: body.slice(length),
      ...(headers === null ? {} : { headers }),
      ...(capabilities === null ? {} : { clientCapabilities: capabilities }),
      ...((wants & WANTS.progress) === 0 ? {} : { onProgress: (params) => send(['progress', id], params) }),
      ...((wants & WANTS.requests) === 0 ? {} : { onRequest }),
      ...((wants & WANTS.notifications) === 0
        ? {}
        : { onNotification: (what, params) => send(['told', id, what], params) }),
    });
    return replyFrame(id, reply);
  };

  const linkOf = (number: number): Link => {
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
    switch (kind) {
      case 'lease':
        work(id, ({ controller }) =>
          lease(id, head.slice(2) as unknown as Parameters<typeof lease>[1], controller.signal),
        );
        break;
      case 'call':
        work(id, (flight) => call(id, head, body, flight));
        break;
      case 'resource':
        work(id, async () => {
          const link = linkOf(head[2] as number);
          return replyFrame(
            id,
            await (head[3] === true ? link.subscribeResource(body) : link.unsubscribeResource(body)),
          );
        });
        break;
      case 'ask':
        work(id, async () => {
          const { value, body: text = '' } = await options.asked(head[2] as string, head[3]);
          return [['given', id, value], text];
        });
        break;
      case 'abort':
        flights.get(id)?.controller.abort();
        break;
      case 'answer':
        settle(flights.get(id), head, body);
        break;
      case 'drop':
        leases.delete(id);
    }
  });
  socket.once('close', () => {
    for (const { controller } of flights.values()) controller.abort();
  });
  return send;
}

type CallHead = readonly [
  kind: 'call',
  id: number,
  lease: number,
  method: string,
  timeoutMs: number | null,
  maxTotalMs: number | null,
  wants: number,
  paramsLength: number,
  headers: Readonly<Record<string, string>> | null,
  capabilities: string | null,
];

function replyFrame(id: number, reply: Reply): readonly [Head, string] {
  if (!reply.ok) return [['reply', id, false, reply.code, reply.message, reply.data !== undefined], reply.data ?? ''];
  const { text, metaAt, resultType, ttlMs } = reply.result;
  return [['reply', id, true, metaAt, resultType, ttlMs ?? null], text];
}

/** The caller answered what a server asked it. */
function settle(flight: Flight | undefined, head: Head, body: string): void {
  const [, , n, ok, code, message, hasData] = head as readonly [
    string,
    number,
    number,
    boolean,
    number,
    string,
    boolean,
  ];
  const resolve = flight?.asks.get(n);
  if (resolve === undefined) return;
  flight?.asks.delete(n);
  if (ok) resolve({ ok, result: body });
  else resolve({ ok: false, code, message, ...(hasData ? { data: body } : {}) });
}
