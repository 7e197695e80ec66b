/** HTTP statuses as failures of a server. */
import { GatewayError } from '../shared/errors.ts';
import { seconds, unavailable, WITHOUT_EFFECT } from './failures.ts';

/** The longest that a server may keep the gateway waiting with `Retry-After`. */
const LONGEST_RETRY_AFTER_MS = 300_000;

interface Head {
  readonly status: number;
  header(name: string): string | undefined;
}

/** The failure that an HTTP status stands for; `data.httpStatus` has it, and `data.retryAfterMs` what the server asks for. */
export function refused(server: string, response: Head): GatewayError {
  const { status } = response;
  const retryAfterMs = readRetryAfter(response.header('retry-after'));
  const when = retryAfterMs === undefined ? '' : ` Try again in ${seconds(retryAfterMs)}.`;
  const data = { httpStatus: status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (status === 429) {
    return new GatewayError('RATE_LIMITED', `Server "${server}" is asked too often (HTTP 429).${when}`, { data });
  }
  // It broke in the middle of its work: that is no refusal (RFC 9110, section 15.6).
  if (status >= 500) {
    const rest = retryAfterMs === undefined ? '' : ` It asks to be left alone for ${seconds(retryAfterMs)}.`;
    return unavailable(server, `failed (HTTP ${status}).${rest}`, { data });
  }
  const hint = status === 401 || status === 403 ? 'refuses the credentials in its entry' : 'refused the request';
  // What is below may follow work that was done, as 303 does (section 15.4.4).
  const mark = status >= 400 ? WITHOUT_EFFECT : {};
  return unavailable(server, `${hint} (HTTP ${status}).${when}`, { data: { ...data, ...mark } });
}

/** Milliseconds that `Retry-After` asks for, as seconds or as a date (RFC 9110, section 10.2.3). */
function readRetryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_RETRY_AFTER_MS) : undefined;
}

/** The status of a failure made by `refused`. */
export function refusedStatus(error: unknown): number | undefined {
  const status = error instanceof GatewayError ? error.data?.['httpStatus'] : undefined;
  return typeof status === 'number' ? status : undefined;
}
