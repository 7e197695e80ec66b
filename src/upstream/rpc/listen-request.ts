/** Keeps a `subscriptions/listen` request open, so that a modern server can say what changed (2026-07-28). */

import { createDeferred, type Deferred } from '../../shared/deferred.ts';
import { pause, within } from '../../shared/wait-for.ts';
import type { Log, ServerFacts } from '../contract.ts';
import type { JsonRpcPeer } from './json-rpc-peer.ts';

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

/** Lists whose changes a server can announce, and the field of the subscription that asks for it. */
const LISTS = [
  ['tools', 'toolsListChanged'],
  ['prompts', 'promptsListChanged'],
  ['resources', 'resourcesListChanged'],
] as const;

/** True where the server can speak first: of changes of a list, or of resources. */
export function announcesChanges(facts: ServerFacts): boolean {
  return LISTS.some(([list]) => has(facts, list, 'listChanged')) || has(facts, 'resources', 'subscribe');
}

function has({ capabilities }: ServerFacts, name: string, field: string): boolean {
  const capability = capabilities[name];
  return (
    typeof capability === 'object' && capability !== null && (capability as Record<string, unknown>)[field] === true
  );
}

/** The request that is kept open. */
export interface ListenRequest {
  /** Listens to these resources from now on. Resolves when the server agreed, refused, or let the time pass. */
  setResources(uris: readonly string[]): Promise<void>;
  /** The server has agreed to what was asked last. */
  acknowledged(): void;
}

/** Milliseconds for a server to agree to a subscription. */
const AGREE_MS = 5000;

type ListeningPeer = Pick<JsonRpcPeer, 'call' | 'closeReason'>;

/**
 * Subscribes now and again whenever the stream ends, until the peer is closed. Failures are logged at
 * debug level.
 */
export function keepListening(peer: ListeningPeer, log: Log, server: string, facts: ServerFacts): ListenRequest {
  const lists = LISTS.filter(([list]) => has(facts, list, 'listChanged')).map(([, field]) => `"${field}":true`);
  let uris: readonly string[] = [];
  /** Aborted when there is something else to listen to. */
  let round = new AbortController();
  /** Requests that the server has not agreed to yet, in order. */
  const asked: Deferred<boolean>[] = [];

  /** @param agreed told whether the server agreed */
  const listen = async (signal: AbortSignal, agreed: Deferred<boolean>): Promise<void> => {
    const topics = uris.length === 0 ? lists : [...lists, `"resourceSubscriptions":${JSON.stringify(uris)}`];
    if (topics.length === 0) {
      agreed.resolve(true);
      return pause(Number.POSITIVE_INFINITY, signal);
    }
    const params = `"notifications":{${topics.join(',')}}`;
    const options = { timeoutMs: Number.POSITIVE_INFINITY, signal };
    asked.push(agreed);
    const response = await peer.call('subscriptions/listen', params, options).finally(() => {
      const at = asked.indexOf(agreed);
      if (at >= 0) asked.splice(at, 1);
      agreed.resolve(false);
    });
    // Refused: the server will not change its mind about the same question.
    if (response.error !== undefined) await pause(Number.POSITIVE_INFINITY, signal);
  };

  const run = async ({ signal }: AbortController, agreed: Deferred<boolean>): Promise<void> => {
    let delay = FIRST_DELAY_MS;
    while (peer.closeReason === undefined && !signal.aborted) {
      const startedAt = performance.now();
      try {
        await listen(signal, agreed);
      } catch (error) {
        const reason = error instanceof Error ? error.message : '';
        if (!signal.aborted) log.debug({ server, error: reason }, 'the subscription of a server ended');
      }
      if (signal.aborted) return;
      const isStable = performance.now() - startedAt > LONGEST_DELAY_MS;
      delay = isStable ? FIRST_DELAY_MS : Math.min(delay * 2, LONGEST_DELAY_MS);
      await pause(delay, signal);
    }
  };

  /** Begins a round. @returns undefined where the server lets the time pass */
  const begin = (next: AbortController): Promise<boolean | undefined> => {
    round = next;
    const agreed = createDeferred<boolean>();
    void run(next, agreed);
    return within(agreed.promise, AGREE_MS);
  };

  void run(round, createDeferred());
  return {
    async setResources(next) {
      uris = next;
      const last = round;
      const own = new AbortController();
      // Nothing that changes meanwhile is missed: the former subscription ends when there is the next one.
      const isAgreed = await begin(own);
      last.abort();
      if (isAgreed !== false || round !== own) return;
      // A server that keeps one subscription at a time has room for it now.
      own.abort();
      await begin(new AbortController());
    },
    acknowledged: () => asked.shift()?.resolve(true),
  };
}
