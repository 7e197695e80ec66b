/** Sentences of the failures of this layer. */
import { GatewayError } from '../shared/errors.ts';
import type { ClientAnswer } from './types.ts';

/** What a server gets to a question that nobody answers any more. */
export const NO_ANSWER: ClientAnswer = { ok: false, code: -32603, message: 'The client did not answer.' };

/** Seconds for people: `0.5 s`, `60 s`. */
export function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}

/**
 * SERVER_UNAVAILABLE.
 * @param what a sentence about what happened, which goes on from `Server "x" `.
 */
export function unavailable(
  server: string,
  what: string,
  options: { cause?: unknown; data?: Record<string, unknown> } = {},
): GatewayError {
  return new GatewayError('SERVER_UNAVAILABLE', `Server "${server}" ${what}`, options);
}

/** TIMEOUT of a call. */
export function timedOut(server: string, method: string, ms: number): GatewayError {
  return new GatewayError(
    'TIMEOUT',
    `Server "${server}" did not answer ${method} within ${seconds(ms)}; the call was cancelled. ` +
      'It may have taken effect. Ask for a longer timeout_ms if the work needs it.',
  );
}

/** TIMEOUT of a caller that waited for a server to start. */
export function stillStarting(server: string, ms: number): GatewayError {
  return new GatewayError(
    'TIMEOUT',
    `Server "${server}" is still starting after ${seconds(ms)}. The start goes on; try again in a moment.`,
  );
}
