/** `Retry-After` (RFC 9110, section 10.2.3): how long a server asks to be left alone. */
import { type ErrorCode, GatewayError } from '../../shared/errors.ts';
import { seconds, WITHOUT_EFFECT } from '../failures.ts';

/** The longest that a server may keep the gateway waiting. */
const LONGEST_MS = 300_000;

/**
 * Milliseconds that the header asks for, as seconds or as a date.
 * @param date when the server says that it answered: its clock may not be ours.
 */
export function parseRetryAfter(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const since = Date.parse(date ?? '');
  const now = Number.isNaN(since) ? Date.now() : since;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_MS) : undefined;
}

/** Refuses requests for as long as their server asked to be left alone. */
export class RetryAfter {
  readonly #server: string;
  readonly #now: () => number;
  /** Undefined where requests may be sent. */
  #rest: { readonly until: number; readonly code: ErrorCode } | undefined;

  /** @param now milliseconds of a clock that never goes back */
  constructor(server: string, now: () => number = () => performance.now()) {
    this.#server = server;
    this.#now = now;
  }

  /** Begins a rest where a refusal asks for one (`data.retryAfterMs`). */
  noteRefusal({ code, data }: GatewayError): void {
    const ms = data?.['retryAfterMs'];
    if (typeof ms === 'number' && ms > 0) this.#rest = { until: this.#now() + ms, code };
  }

  /** @throws GatewayError with the code of the refusal while the server rests */
  check(): void {
    if (this.#rest === undefined) return;
    const { until, code } = this.#rest;
    const now = this.#now();
    if (now >= until) return;
    const retryAfterMs = Math.max(1, until - now);
    const what = `Server "${this.#server}" asked to be left alone; the call was not sent. Try again in ${seconds(retryAfterMs)}.`;
    throw new GatewayError(code, what, { data: { retryAfterMs, ...WITHOUT_EFFECT } });
  }
}
