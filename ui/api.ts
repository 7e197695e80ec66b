/** Requests to the server of this page: the command `ui`, which knows a browser by a link, or a gateway, which knows a person by a token. */

/** The path of the page, without a slash at its end: empty for the command. */
const BASE = location.pathname.replace(/\/$/, '');
/** True where a gateway serves the page: each request carries the token of an operator. */
export const wantsToken = BASE !== '';
const LINK_TOKEN = 'gateway-token';
const OPERATOR_TOKEN = `gateway-operator-token ${BASE}`;

/** The browser, or the token, may not look. */
export class NotAViewer extends Error {}

/** Keeps the token that the link brought, and takes it out of the address. @returns true where the link did not work */
export function takeToken(): boolean {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  const wasUsed = location.hash === '#used';
  if (token !== undefined) localStorage.setItem(LINK_TOKEN, token);
  if (token !== undefined || wasUsed) history.replaceState(null, '', '/#/now');
  return wasUsed;
}

/** Keeps the token of an operator until this tab is closed; undefined forgets it. */
export function keepOperatorToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(OPERATOR_TOKEN);
  else sessionStorage.setItem(OPERATOR_TOKEN, token);
}

export function hasOperatorToken(): boolean {
  return sessionStorage.getItem(OPERATOR_TOKEN) !== null;
}

function credential(): Record<string, string> {
  if (!wantsToken) return { 'x-gateway-token': localStorage.getItem(LINK_TOKEN) ?? '' };
  return { authorization: `Bearer ${sessionStorage.getItem(OPERATOR_TOKEN) ?? ''}` };
}

/** @throws NotAViewer; Error with a sentence for people */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await request(path, { signal: signal ?? null })).json();
}

/** @throws as `get` */
export async function post<T>(path: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return (await request(path, { method: 'POST', headers, body: JSON.stringify(body) })).json();
}

/** The lines of an answer that goes on, each a JSON value; it has begun when this resolves. @throws as `get` */
export async function openLines<T>(path: string, signal: AbortSignal): Promise<AsyncGenerator<T>> {
  return linesOf<T>(await request(path, { signal }));
}

async function* linesOf<T>({ body }: Response): AsyncGenerator<T> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const read = await reader?.read();
    if (read === undefined || read.done) return;
    const parts = (rest + read.value).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield JSON.parse(part) as T;
  }
}

async function request(path: string, init: RequestInit): Promise<Response> {
  const headers = { ...init.headers, ...credential() };
  const response = await fetch(`${BASE}/api/${path}`, { ...init, headers });
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => ({}))) as { readonly error?: { readonly message?: string } };
  const message = error?.message ?? `The server of this page answered ${response.status}.`;
  const isNobody =
    response.status === 401 || (wantsToken && response.status === 403 && (init.method ?? 'GET') === 'GET');
  throw isNobody ? new NotAViewer(message) : new Error(message);
}
