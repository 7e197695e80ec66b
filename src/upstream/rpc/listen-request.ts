/** Keeps a `subscriptions/listen` request open, so that a modern server can say what changed (2026-07-28). */

import { pause } from '../../shared/wait-for.ts';
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

/** True where the server can speak first: it announces changes of a list, or of resources. */
export function announces(facts: ServerFacts): boolean {
  return LISTS.some(([list]) => has(facts, list, 'listChanged')) || has(facts, 'resources', 'subscribe');
}

function has({ capabilities }: ServerFacts, name: string, field: string): boolean {
  const capability = capabilities[name];
  return (
    typeof capability === 'object' && capability !== null && (capability as Record<string, unknown>)[field] === true
  );
}

export interface Subscription {
  /** Listens to these resources from now on. */
  resources(uris: readonly string[]): void;
}

/** Subscribes now and again whenever the stream ends, until the peer is closed. Failures are logged at debug level. */
export function keepSubscribed(peer: JsonRpcPeer, log: Log, server: string, facts: ServerFacts): Subscription {
  const lists = LISTS.filter(([list]) => has(facts, list, 'listChanged')).map(([, field]) => `"${field}":true`);
  let uris: readonly string[] = [];
  let round = new AbortController();
  const run = async (): Promise<void> => {
    let delay = FIRST_DELAY_MS;
    while (peer.closed === undefined) {
      const started = performance.now();
      const { signal } = round;
      const wanted = uris.length === 0 ? lists : [...lists, `"resourceSubscriptions":${JSON.stringify(uris)}`];
      try {
        if (wanted.length === 0) await pause(Number.POSITIVE_INFINITY, signal);
        else {
          const params = `"notifications":{${wanted.join(',')}}`;
          const answer = await peer.call('subscriptions/listen', params, {
            timeoutMs: Number.POSITIVE_INFINITY,
            signal,
          });
          // Refused: the server will not change its mind about the same question.
          if (answer.error !== undefined) await pause(Number.POSITIVE_INFINITY, signal);
        }
      } catch (error) {
        if (!signal.aborted)
          log.debug(
            { server, error: error instanceof Error ? error.message : '' },
            'the subscription of a server ended',
          );
      }
      if (signal.aborted) continue;
      delay = performance.now() - started > LONGEST_DELAY_MS ? FIRST_DELAY_MS : Math.min(delay * 2, LONGEST_DELAY_MS);
      await pause(delay, signal);
    }
  };
  void run();
  return {
    resources(next) {
      uris = next;
      const last = round;
      round = new AbortController();
      last.abort();
    },
  };
}
