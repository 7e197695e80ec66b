/** Keeps a `subscriptions/listen` request open, so that a modern server can say that its tools changed (2026-07-28). */
import type { Peer } from './peer.ts';
import type { Log, ServerFacts } from './types.ts';

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

/** True where the server announces changes of its tools. */
export function announcesTools(facts: ServerFacts): boolean {
  const { tools } = facts.capabilities;
  return typeof tools === 'object' && tools !== null && (tools as Record<string, unknown>).listChanged === true;
}

/** Subscribes now and again whenever the stream ends, until the peer is closed. Failures are logged at debug level. */
export async function keepSubscribed(peer: Peer, log: Log, server: string): Promise<void> {
  let delay = FIRST_DELAY_MS;
  while (peer.closed === undefined) {
    const started = Date.now();
    try {
      const params = '"notifications":{"toolsListChanged":true}';
      const answer = await peer.call('subscriptions/listen', params, { timeoutMs: Number.POSITIVE_INFINITY });
      // Refused: the server will not change its mind.
      if (answer.error !== undefined) return;
    } catch (error) {
      log.debug({ server, error: error instanceof Error ? error.message : '' }, 'the subscription of a server ended');
    }
    delay = Date.now() - started > LONGEST_DELAY_MS ? FIRST_DELAY_MS : Math.min(delay * 2, LONGEST_DELAY_MS);
    await pause(delay);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
