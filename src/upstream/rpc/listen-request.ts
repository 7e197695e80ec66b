/** Keeps a `subscriptions/listen` request open, so that a modern server can say what changed (2026-07-28). */

import { ENDED_TASK, TASKS } from '../../protocol/extensions.ts';
import type { NotificationMessage } from '../../protocol/json-rpc.ts';
import { findMember, parsedValue, stringValue } from '../../protocol/members.ts';
import { createDeferred, type Deferred } from '../../shared/deferred.ts';
import { pause, within } from '../../shared/wait-for.ts';
import type { Log, ServerFacts } from '../contract.ts';
import { LISTS, type ListenRequest, offers } from './announced-changes.ts';
import type { JsonRpcPeer } from './json-rpc-peer.ts';

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

/** Tasks of one connection that are listened to. */
const MAX_TASKS = 1_000;
const WITH_TASKS = JSON.stringify({ extensions: { [TASKS]: {} } });

/** The ids of the tasks that a server agreed to tell of; false where it refused. */
type Agreed = readonly unknown[] | false;

/** Milliseconds for a server to agree to a subscription. */
const AGREE_MS = 5000;

type ListeningPeer = Pick<JsonRpcPeer, 'call' | 'closeReason'>;

/**
 * Subscribes now and again whenever the stream ends, until the peer is closed. Failures are logged at
 * debug level.
 */
export function keepListening(peer: ListeningPeer, log: Log, server: string, facts: ServerFacts): ListenRequest {
  return new Listening(peer, log, server, facts);
}

class Listening implements ListenRequest {
  readonly #peer: ListeningPeer;
  readonly #log: Log;
  readonly #server: string;
  readonly #lists: readonly string[];
  readonly #tasks = new Set<string>();
  #uris: readonly string[] = [];
  /** Aborted when there is something else to listen to. */
  #round = new AbortController();
  /** Requests that the server has not agreed to yet, in order. */
  readonly #asked: Deferred<Agreed>[] = [];

  constructor(peer: ListeningPeer, log: Log, server: string, facts: ServerFacts) {
    this.#peer = peer;
    this.#log = log;
    this.#server = server;
    this.#lists = LISTS.filter(([list]) => offers(facts, list, 'listChanged')).map(([, field]) => `"${field}":true`);
    void this.#run(this.#round, createDeferred());
  }

  async setResources(uris: readonly string[]): Promise<void> {
    this.#uris = uris;
    await this.#listenAnew();
  }

  async watchTask(id: string): Promise<boolean> {
    if (this.#tasks.size >= MAX_TASKS) return false;
    this.#tasks.add(id);
    const agreed = await this.#listenAnew();
    const isAgreed = agreed !== undefined && agreed !== false && agreed.includes(id);
    if (!isAgreed) this.#tasks.delete(id);
    return isAgreed;
  }

  heard(message: NotificationMessage): void {
    if (message.method === 'notifications/tasks') this.#tasks.delete(endedTask(message) ?? '');
    else if (message.method === 'notifications/subscriptions/acknowledged')
      this.#asked.shift()?.resolve(agreedTasks(message));
  }

  /** Listens to what is wanted now. @returns as `#begin` */
  async #listenAnew(): Promise<Agreed | undefined> {
    const last = this.#round;
    const own = new AbortController();
    // Nothing that changes meanwhile is missed: the former subscription ends when there is the next one.
    const agreed = await this.#begin(own);
    last.abort();
    if (agreed !== false || this.#round !== own) return agreed;
    // A server that keeps one subscription at a time has room for it now.
    own.abort();
    return this.#begin(new AbortController());
  }

  /** Begins a round. @returns undefined where the server lets the time pass */
  #begin(next: AbortController): Promise<Agreed | undefined> {
    this.#round = next;
    const agreed = createDeferred<Agreed>();
    void this.#run(next, agreed);
    return within(agreed.promise, AGREE_MS);
  }

  async #run({ signal }: AbortController, agreed: Deferred<Agreed>): Promise<void> {
    let delay = FIRST_DELAY_MS;
    while (this.#peer.closeReason === undefined && !signal.aborted) {
      const startedAt = performance.now();
      try {
        await this.#listen(signal, agreed);
      } catch (error) {
        const reason = error instanceof Error ? error.message : '';
        const about = { server: this.#server, error: reason };
        if (!signal.aborted) this.#log.debug(about, 'the subscription of a server ended');
      }
      if (signal.aborted) return;
      const isStable = performance.now() - startedAt > LONGEST_DELAY_MS;
      delay = isStable ? FIRST_DELAY_MS : Math.min(delay * 2, LONGEST_DELAY_MS);
      await pause(delay, signal);
    }
  }

  /** @param agreed told what the server agreed to */
  async #listen(signal: AbortSignal, agreed: Deferred<Agreed>): Promise<void> {
    const topics = [...this.#lists];
    if (this.#uris.length > 0) topics.push(`"resourceSubscriptions":${JSON.stringify(this.#uris)}`);
    if (this.#tasks.size > 0) topics.push(`"taskIds":${JSON.stringify([...this.#tasks])}`);
    if (topics.length === 0) {
      agreed.resolve([]);
      return pause(Number.POSITIVE_INFINITY, signal);
    }
    const params = `"notifications":{${topics.join(',')}}`;
    // Who asks for tasks has to declare them (ext-tasks, Task Status Notifications).
    const clientCapabilities = this.#tasks.size > 0 ? WITH_TASKS : undefined;
    const options = { timeoutMs: Number.POSITIVE_INFINITY, signal, clientCapabilities };
    this.#asked.push(agreed);
    const response = await this.#peer.call('subscriptions/listen', params, options).finally(() => {
      const at = this.#asked.indexOf(agreed);
      if (at >= 0) this.#asked.splice(at, 1);
      agreed.resolve(false);
    });
    // Refused: the server will not change its mind about the same question.
    if (response.error !== undefined) await pause(Number.POSITIVE_INFINITY, signal);
  }
}

/** The task of which a notification says that it has ended. */
function endedTask({ text, params }: NotificationMessage): string | undefined {
  const isEnded = ENDED_TASK.has(stringValue(text, findMember(params, 'status')));
  return isEnded ? stringValue(text, findMember(params, 'taskId')) : undefined;
}

/** The tasks in an acknowledgement. */
function agreedTasks({ text, params }: NotificationMessage): readonly unknown[] {
  const ids = parsedValue(text, findMember(findMember(params, 'notifications')?.object, 'taskIds'));
  return Array.isArray(ids) ? ids : [];
}
