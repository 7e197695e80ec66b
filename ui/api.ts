/** Requests to the server of this page. */
const TOKEN = 'gateway-token';

/** The page was opened with a link that was used before, or with none. */
export class NotAViewer extends Error {}

/** Keeps the token that the link brought, and takes it out of the address. @returns true where the link did not work */
export function takeToken(): boolean {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  const wasUsed = location.hash === '#used';
  if (token !== undefined) localStorage.setItem(TOKEN, token);
  if (token !== undefined || wasUsed) history.replaceState(null, '', '/#/now');
  return wasUsed;
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
  const headers = { ...init.headers, 'x-gateway-token': localStorage.getItem(TOKEN) ?? '' };
  const response = await fetch(`/api/${path}`, { ...init, headers });
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => ({}))) as { readonly error?: { readonly message?: string } };
  const message = error?.message ?? `The server of this page answered ${response.status}.`;
  throw response.status === 401 ? new NotAViewer(message) : new Error(message);
}
