/** Sentences of the failures of this layer. */
import { type ErrorCode, GatewayError } from '../shared/errors.ts';
import type { ClientAnswer } from './contract.ts';

/** The answer to a question that nobody answers any more. */
export const NO_ANSWER: ClientAnswer = { ok: false, code: -32603, message: 'The client did not answer.' };

/** Member of an error's data: a sentence that quotes what the server wrote last, for those alone who may read it. */
export const LAST_OUTPUT = 'lastOutput';

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

/** The error of a call that was sent and has no answer: it is never sent again, and nobody should without looking. */
export const MAY_HAVE_TAKEN_EFFECT = 'The call may have taken effect: check before you repeat it.';

/** Marks a failure before which nothing of the request was sent, or which says that it was refused. */
export const WITHOUT_EFFECT = { withoutEffect: true } as const;

/** Marks one after which the same may be sent at once, as the session is another one by then. */
const AT_ONCE = { ...WITHOUT_EFFECT, atOnce: true } as const;

/** An error with the mark of those without effect, and whatever else it says. */
export function withoutEffect(error: unknown): unknown {
  return error instanceof GatewayError ? error.with({ data: { ...error.data, ...WITHOUT_EFFECT } }) : error;
}

/** True if an error is marked as one before which nothing happened. */
export function isWithoutEffect({ data }: GatewayError): boolean {
  return data?.['withoutEffect'] === true;
}

/** Marks a failure of a server whose entry was changed or taken out before anything was sent to it. */
const GONE = { gone: true } as const;

/** SERVER_UNAVAILABLE of a server that the configuration has no more, or with another entry. */
export function gone(server: string): GatewayError {
  return unavailable(server, 'was changed or removed in the configuration. Try again.', { data: GONE });
}

/** True if a server was not reached because its entry was changed or taken out: it may be back by now. */
export function isGone(error: unknown): boolean {
  return error instanceof GatewayError && error.data?.['gone'] === true;
}

/** SERVER_UNAVAILABLE of a request that was not sent, as the session that it was meant for is over. */
export function sessionRenewed(server: string): GatewayError {
  const what = 'gave a new session meanwhile; the call was not sent. Try again.';
  return unavailable(server, what, { data: AT_ONCE });
}

/** True if the same may be sent at once. */
export function isAtOnce(error: unknown): boolean {
  return error instanceof GatewayError && error.data?.['atOnce'] === true;
}

/** Methods that the gateway uses for itself: nobody chose their time, and nobody can try them again. */
const OF_GATEWAY = /\/list$|^(?:server\/discover|initialize|ping)$/;

/** The error of a request of this method that could not be sent, because its connection ended for this reason. */
export function beforeSending(method: string, why: GatewayError): GatewayError {
  return OF_GATEWAY.test(method) ? why : notSent(why);
}

/** The same for whatever was to be sent. */
export function notSent(why: GatewayError): GatewayError {
  const message = `${why.message} The call was not sent: try again.`;
  return why.with({ message, data: { ...why.data, ...WITHOUT_EFFECT } });
}

/** Methods of other requests that change nothing; of any that is not here, as those of extensions, nobody knows. */
const READS: ReadonlySet<string> = new Set([
  'prompts/get',
  'resources/read',
  'resources/subscribe',
  'resources/unsubscribe',
  'subscriptions/listen',
  'completion/complete',
  'logging/setLevel',
  'tasks/get',
  'tasks/result',
]);

/** True if a request of this method may be sent any number of times. */
export function changesNothing(method: string): boolean {
  return READS.has(method) || OF_GATEWAY.test(method);
}

/** Codes of failures that say nothing about how far a request came. */
const UNCLEAR: ReadonlySet<ErrorCode> = new Set(['SERVER_UNAVAILABLE', 'TIMEOUT', 'SHUTTING_DOWN', 'SESSION_ENDED']);

/** The error of a request of this method that was handed to its connection. */
export function afterSending(method: string, error: unknown): unknown {
  if (!(error instanceof GatewayError) || !UNCLEAR.has(error.code) || OF_GATEWAY.test(method)) return error;
  if (isWithoutEffect(error)) return error;
  const next = changesNothing(method) ? 'It may safely be tried again.' : MAY_HAVE_TAKEN_EFFECT;
  return error.with({ message: `${error.message} ${next}` });
}

/** TIMEOUT of a call; `data.tookTooLong` where more time may help. */
export function timedOut(server: string, method: string, ms: number): GatewayError {
  const what = `Server "${server}" did not answer ${method} within ${seconds(ms)}; the call was cancelled.`;
  return new GatewayError('TIMEOUT', what, OF_GATEWAY.test(method) ? {} : { data: { tookTooLong: true } });
}

/** TIMEOUT of a caller that waited for a server to start. */
export function stillStarting(server: string, ms: number): GatewayError {
  return new GatewayError(
    'TIMEOUT',
    `Server "${server}" is still starting after ${seconds(ms)}. The start continues; try again in a moment.`,
  );
}
