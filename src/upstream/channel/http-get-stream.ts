/** The stream that a client opens with GET up to 2025-11-25, on which the server speaks first (basic/transports). */
import type { CancelSignal } from '../../shared/cancel.ts';
import { pause } from '../../shared/wait-for.ts';
import type { Log } from '../contract.ts';
import type { ChannelHandlers } from './channel.ts';
import { discard, EVENT_STREAM, type HttpClient } from './http-client.ts';
import { readEvents, type StreamEnd } from './http-event-stream.ts';
import type { HttpSession } from './http-session.ts';

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 60_000;

interface GetStreamOptions {
  readonly server: string;
  readonly client: HttpClient;
  readonly session: Pick<HttpSession, 'ready' | 'headers'>;
  readonly handlers: Pick<ChannelHandlers, 'message' | 'missed'>;
  readonly maxBytes: number;
  readonly signal: CancelSignal;
  readonly log: Log;
}

/** Keeps the stream open until it is aborted; servers without one say 405. Never rejects. */
export async function keepGetStream(options: GetStreamOptions): Promise<void> {
  const { server, client, session, handlers, maxBytes, signal, log } = options;
  let lastId: string | undefined;
  let delay = 0;
  while (!signal.aborted) {
    const startedAt = performance.now();
    let end: StreamEnd | undefined;
    try {
      await session.ready();
      const resume = lastId === undefined ? undefined : { 'last-event-id': lastId };
      const headers = { ...session.headers(), ...EVENT_STREAM, ...resume };
      const response = await client.request({ method: 'GET', headers, signal });
      if (response.status === 405 || (response.status === 200 && response.type !== 'text/event-stream')) {
        return discard(response);
      }
      if (response.status === 200) {
        if (delay > 0 && lastId === undefined) handlers.missed();
        end = await readEvents(server, response, maxBytes, ({ type, data }) => {
          const isMessage = type === 'message' && data !== '' && handlers.message(data);
          return typeof isMessage === 'boolean' ? undefined : isMessage.then(() => undefined);
        });
      } else {
        // The session may be over; the next request will find out.
        discard(response);
        lastId = undefined;
      }
    } catch (error) {
      if (!signal.aborted) log.debug({ server, err: error }, 'the stream of a server broke');
    }
    lastId = end?.lastId ?? lastId;
    const retryMs = end?.retryMs ?? FIRST_DELAY_MS;
    const isLasting = performance.now() - startedAt > LONGEST_DELAY_MS;
    delay = isLasting ? retryMs : Math.min(Math.max(delay * 2, retryMs), LONGEST_DELAY_MS);
    await pause(delay, signal);
  }
}
