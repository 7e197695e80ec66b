/** Subscriptions of clients: `resources/subscribe` of sessions, and the streams of `subscriptions/listen`. */
import type { Subscribing } from '../operations/server-methods/resource-subscribe.ts';
import type { View } from '../operations/server-methods/view.ts';
import { MISSING_TASKS } from '../operations/task-result.ts';
import type { CallOutcome, Inbound } from '../pipeline/caller.ts';
import type { PipelineDependencies } from '../pipeline/dependencies.ts';
import { runOperation } from '../pipeline/run-operation.ts';
import { type CallerCodec, legacyCodec, notificationText } from '../protocol/era-codec.ts';
import type { RequestMessage } from '../protocol/json-rpc.ts';
import type { CallingClient } from '../relay/calling-client.ts';
import { takesTasks } from '../relay/offered-capabilities.ts';
import { Canceller } from '../shared/cancel.ts';
import { detached } from '../shared/detached.ts';
import { inboundOf, legacyClient } from './caller-client.ts';
import type { Exchange } from './handler.ts';
import { type McpResponse, refusal, written } from './response.ts';
import type { SessionState } from './session.ts';
import { type Outlet, standingOf } from './session-channel.ts';
import { MAX_WATCHED, type Subscriptions, type Watched } from './subscriptions.ts';
import type { SessionTasks } from './task-streams.ts';
import { WatchSlots } from './watch-slots.ts';

type Place = Pick<Exchange, 'server' | 'connection'>;

/** A subscription, and the way to give it up. */
interface SubscriptionEnds extends Pick<Subscribing, 'release'> {
  readonly done: (asked: string, watched: Watched) => void;
  /** The URI; where it is left out, that of the request. */
  readonly uri?: string;
}

export class ChangeStreams {
  readonly #parts: PipelineDependencies;
  readonly #subscriptions: Subscriptions;
  readonly #view: (place: Place) => View;
  readonly #modernCodec: CallerCodec;
  readonly #slots = new WatchSlots();

  /** @param view what a connection sees, under the rules in force */
  constructor(
    parts: PipelineDependencies,
    subscriptions: Subscriptions,
    view: (place: Place) => View,
    modernCodec: CallerCodec,
  ) {
    this.#parts = parts;
    this.#subscriptions = subscriptions;
    this.#view = view;
    this.#modernCodec = modernCodec;
  }

  /** Answers `resources/subscribe` of a session. */
  async subscribe(request: RequestMessage, exchange: Exchange, session: SessionState): Promise<McpResponse> {
    const slot = this.#slots.take(session);
    if (slot === undefined) {
      const message = `This session watches ${MAX_WATCHED} resources: end some with resources/unsubscribe first.`;
      return refusal(request.id, 'RATE_LIMITED', message);
    }
    const inbound = inboundOf(request, exchange, legacyClient(session, exchange));
    try {
      const done = slot.fill;
      return written(request, await this.#ask(inbound, exchange, 'resources/subscribe', { done }), legacyCodec);
    } finally {
      slot.free();
    }
  }

  /** Answers `resources/unsubscribe` of a session. */
  async unsubscribe(request: RequestMessage, exchange: Exchange, session: SessionState): Promise<McpResponse> {
    const inbound = inboundOf(request, exchange, legacyClient(session, exchange));
    const ends: SubscriptionEnds = { done: () => undefined, release: (asked) => session.watched.delete(asked) };
    return written(request, await this.#ask(inbound, exchange, 'resources/unsubscribe', ends), legacyCodec);
  }

  /** Serves `subscriptions/listen` until its caller cancels. */
  async open(request: RequestMessage, exchange: Exchange, client: CallingClient): Promise<McpResponse> {
    const { id } = request;
    if (!exchange.streams) {
      return refusal(id, 'INVALID_PARAMS', 'subscriptions/listen needs Accept: text/event-stream.');
    }
    // Loaded when somebody listens: clients of the 2025 revisions do not.
    const { asksForTasks, listen } = await import('./subscriptions-listen.ts');
    if (asksForTasks(request) && !takesTasks(client)) return written(request, MISSING_TASKS, this.#modernCodec);
    const body = await listen(request, exchange, {
      subscriptions: this.#subscriptions,
      view: () => this.#view(exchange),
      subscribe: async (uri) => {
        let granted: Watched | undefined;
        const inbound = inboundOf(request, exchange, client);
        const done = (_asked: string, watched: Watched): void => {
          granted = detachedWatch(watched);
        };
        await this.#ask(inbound, exchange, 'resources/subscribe', { done, uri });
        return granted;
      },
      watchTask: async (id) => {
        const { watchTask } = await import('./task-streams.ts');
        return watchTask(this.#parts, this.#view(exchange), inboundOf(request, exchange, client), id);
      },
      taskState: async (id) => {
        const { stateOf } = await import('./task-streams.ts');
        return stateOf(this.#parts, this.#view(exchange), inboundOf(request, exchange, client), id);
      },
    });
    if (body !== undefined) return { text: this.#modernCodec.result(id, body), status: 200 };
    const message = 'subscriptions/listen needs params.notifications, an object of known filters.';
    return refusal(id, 'INVALID_PARAMS', message);
  }

  /** Sends a session what it wants to hear of changes. @returns ends it */
  addSession(session: SessionState, place: Place, outlet: Outlet): () => void {
    const { send } = outlet;
    const view = (): View => this.#view(place);
    let tasks: Promise<SessionTasks> | undefined;
    return this.#subscriptions.add({
      connection: place.connection,
      view,
      watched: session.watched,
      session: standingOf(session, outlet, view),
      wants: () => true,
      listChanged: (kind) => send(`{"jsonrpc":"2.0","method":"notifications/${kind}/list_changed"}`),
      resourceUpdated: (uri) =>
        send(notificationText('notifications/resources/updated', `"uri":${JSON.stringify(uri)}`)),
      renew: (uri) => this.#renew(session, place, uri),
      taskChanged: (server, id) => {
        tasks ??= import('./task-streams.ts').then((loaded) =>
          loaded.sessionTasks(this.#parts, view, session, place, outlet),
        );
        void tasks.then(({ changed }) => changed(server, id));
      },
      end: () => {},
    });
  }

  /** Subscribes again, for a server that was connected anew. */
  #renew(session: SessionState, place: Place, uri: string): void {
    const { signal } = new Canceller();
    const client = legacyClient(session, { ...place, signal, streams: false, notify: () => {} });
    const inbound = {
      connection: place.connection,
      text: '',
      params: undefined,
      signal,
      onProgress: undefined,
      client,
    };
    void this.#ask(inbound, place, 'resources/subscribe', { done: () => {}, uri });
  }

  /** Subscribes or ends a subscription under the rules; `done` learns whose resource it is. */
  async #ask(
    inbound: Inbound,
    place: Place,
    method: 'resources/subscribe' | 'resources/unsubscribe',
    { done, ...ends }: SubscriptionEnds,
  ): Promise<CallOutcome> {
    const { subscribeOperation } = await import('../operations/server-methods/resource-subscribe.ts');
    const operation = subscribeOperation({
      method,
      view: this.#view(place),
      era: inbound.client.era,
      ...ends,
      done: (asked, server, original) => done(asked, { server, uri: original }),
    });
    return runOperation(this.#parts, inbound, operation);
  }
}

/** It is kept longer than the message that it came in. */
function detachedWatch({ server, uri }: Watched): Watched {
  return { server: detached(server), uri: detached(uri) };
}
