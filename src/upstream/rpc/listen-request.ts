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
  /** Listens to these resources from now on. */
  setResources(uris: readonly string[]): void;
}

type ListeningPeer = Pick<JsonRpcPeer, 'call' | 'closeReason'>;

/** Subscribes now and again whenever the stream ends, until the peer is closed. Failures are logged at debug level. */
export function keepListening(peer: ListeningPeer, log: Log, server: string, facts: ServerFacts): ListenRequest {
  const lists = LISTS.filter(([list]) => has(facts, list, 'listChanged')).map(([, field]) => `"${field}":true`);
  let uris: readonly string[] = [];
  /** Aborted when there is something else to listen to. */
  let round = new AbortController();

  const listen = async (signal: AbortSignal): Promise<void> => {
    const topics = uris.length === 0 ? lists : [...lists, `"resourceSubscriptions":${JSON.stringify(uris)}`];
    if (topics.length === 0) return pause(Number.POSITIVE_INFINITY, signal);
    const params = `"notifications":{${topics.join(',')}}`;
    const options = { timeoutMs: Number.POSITIVE_INFINITY, signal };
    const response = await peer.call('subscriptions/listen', params, options);
    // Refused: the server will not change its mind about the same question.
    if (response.error !== undefined) await pause(Number.POSITIVE_INFINITY, signal);
  };

  const run = async (): Promise<void> => {
    let delay = FIRST_DELAY_MS;
    while (peer.closeReason === undefined) {
      const startedAt = performance.now();
      const { signal } = round;
      try {
        await listen(signal);
      } catch (error) {
        const reason = error instanceof Error ? error.message : '';
        if (!signal.aborted) log.debug({ server, error: reason }, 'the subscription of a server ended');
      }
      if (signal.aborted) continue;
      const isStable = performance.now() - startedAt > LONGEST_DELAY_MS;
      delay = isStable ? FIRST_DELAY_MS : Math.min(delay * 2, LONGEST_DELAY_MS);
      await pause(delay, signal);
    }
  };

  void run();
  return {
    setResources(next) {
      uris = next;
      const last = round;
      round = new AbortController();
      last.abort();
    },
  };
}
