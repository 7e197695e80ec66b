/** HTTP statuses as failures of a server. */
import { GatewayError } from '../../shared/errors.ts';
import { quoted } from '../../shared/quote-text.ts';
import { seconds, unavailable, WITHOUT_EFFECT } from '../failures.ts';
import { parseRetryAfter } from './retry-after.ts';

/** Advice where something else than an MCP server may be at an address. */
export const CHECK_ADDRESS = 'Check the address in its entry.';
/** Statuses of an address that has nothing, or nothing of this kind. */
const NOT_THERE: ReadonlySet<number> = new Set([404, 405, 410, 421]);

interface Head {
  readonly status: number;
  header(name: string): string | undefined;
}

/** Facts about a refusal besides its head. */
interface RefusalFacts {
  /** Its body, as far as it was read. */
  readonly text?: string;
  /** True where the entry of the server has a credential. */
  readonly hasCredential?: boolean;
}

/** The failure that an HTTP status stands for; `data.httpStatus` has it, and `data.retryAfterMs` what the server asks for. */
export function refusalError(server: string, response: Head, facts: RefusalFacts = {}): GatewayError {
  const { status } = response;
  const retryAfterMs = parseRetryAfter(response.header('retry-after'), response.header('date'));
  const when = retryAfterMs === undefined ? '' : ` Try again in ${seconds(retryAfterMs)}.`;
  const data = { httpStatus: status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (status === 429) {
    return new GatewayError('RATE_LIMITED', `Server "${server}" is asked too often (HTTP 429).${when}`, { data });
  }
  // It broke in the middle of its work: that is no refusal (RFC 9110, section 15.6).
  if (status >= 500) {
    const rest = retryAfterMs === undefined ? '' : ` It asks to be left alone for ${seconds(retryAfterMs)}.`;
    return unavailable(server, `failed (HTTP ${status}).${saidIn(facts.text)}${rest}`, { data });
  }
  // The statuses below may follow work that was done, as 303 does (section 15.4.4).
  const mark = status >= 400 ? WITHOUT_EFFECT : {};
  const where = NOT_THERE.has(status) ? ` ${CHECK_ADDRESS}` : '';
  return unavailable(server, `${hintOf(status, facts)} (HTTP ${status}).${saidIn(facts.text)}${where}${when}`, {
    data: { ...data, ...mark },
  });
}

function hintOf(status: number, { hasCredential = false }: RefusalFacts): string {
  if (status === 401)
    return hasCredential ? 'refuses the credentials in its entry' : 'wants credentials that its entry does not have';
  if (status === 407)
    return 'cannot be reached: the proxy wants a user name and a password, so put them into its address';
  if (status === 403 && hasCredential) return 'refused the request, perhaps because of the credentials in its entry';
  return 'refused the request';
}

/** True where headers of an entry look like a credential. */
export function hasCredentialIn(headers: ReadonlyMap<string, string>): boolean {
  return [...headers.keys()].some((name) => /auth|key|token|secret|cookie|pass|credential/i.test(name));
}

/** A sentence with what the server wrote, where that is meant for people. */
function saidIn(body = ''): string {
  const text = body.trim();
  const said = text.startsWith('{') ? messageIn(text) : text.startsWith('<') ? undefined : text;
  return said === undefined || said === '' ? '' : ` It said: ${quoted(said, 200)}.`;
}

/** Members that hold the sentence of a refusal in JSON: of a JSON-RPC error, an OAuth error, problem details (RFC 9457), GraphQL, FastAPI, and what is usual. */
const SENTENCES = ['message', 'error_description', 'detail', 'title', 'error', 'msg'] as const;

function first(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function messageIn(text: string): string | undefined {
  try {
    const body = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { error } = body;
    const inner = [error, first(body['errors']), first(body['detail'])].find(isFields) ?? body;
    return SENTENCES.map((key) => inner[key]).find((value) => typeof value === 'string' && value !== '') as
      | string
      | undefined;
  } catch {
    return undefined;
  }
}

/** The status of a failure made by `refusalError`. */
export function refusedStatus(error: unknown): number | undefined {
  const status = error instanceof GatewayError ? error.data?.['httpStatus'] : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** The failure of a POST that was answered with the stream of 2024-11-05, on which the server names the address for messages. */
export function oldTransport(server: string): GatewayError {
  const what =
    'answers a message with the event stream of the old HTTP+SSE transport. Put "type": "sse" into its entry.';
  return unavailable(server, what, { data: { oldTransport: true } });
}

export function isOldTransport(error: unknown): boolean {
  return error instanceof GatewayError && error.data?.['oldTransport'] === true;
}
