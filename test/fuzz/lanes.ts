/** Connections of a run: each sends one message at a time and waits until it is answered. */
import http from 'node:http';
import { type Home, TOKEN } from '../support/home.ts';
import { httpHeaders, messagesOf } from '../support/http.ts';
import type { Running } from '../support/process.ts';
import { INITIALIZE, INITIALIZED, MODERN } from '../support/rpc.ts';
import type { Place } from './messages.ts';

/** Milliseconds after which a request counts as unanswered. */
const PATIENCE_MS = 30_000;

export interface Lane {
  readonly name: string;
  readonly running: Running;
  readonly home: Home;
  /** The kinds of messages that it takes. */
  readonly places: readonly Place[];
  /**
   * Sends a message and waits for its answer, where it needs one.
   * @param answer makes the answer to a question of a server
   * @returns everything that was told meanwhile. Rejects where no answer comes
   */
  send(place: Place, text: string, answer: (id: string) => string): Promise<readonly string[]>;
  close(): void;
}

type Part = Readonly<Record<string, unknown>>;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Part {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether somebody waits for an answer: not after notifications and responses, as far as they are such, nor after a blank line. */
function needsAnswer(text: string): boolean {
  if (text.trim() === '') return false;
  const message = parsed(text);
  if (!isObject(message)) return true;
  return (
    typeof message['method'] === 'string' && (typeof message['id'] === 'string' || Number.isInteger(message['id']))
  );
}

const isListening = (text: string): boolean => text.includes('subscriptions/listen');

export async function stdioLane(
  name: string,
  { running, home }: { running: Running; home: Home },
  places: readonly Place[],
  revision: string,
): Promise<Lane> {
  const { stdin, stdout } = running.child;
  if (stdin === null || stdout === null) throw new Error('The child has no pipes.');
  let heard: (text: string) => void = () => {};
  let rest = '';
  stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) heard(part);
  });
  let barriers = 0;

  const send: Lane['send'] = (place, text, answer) =>
    new Promise((resolve, reject) => {
      const told: string[] = [];
      const barrier = `barrier-${++barriers}`;
      let isPassed = false;
      let isAnswered = !needsAnswer(text) || isListening(text);
      const timer = setTimeout(() => done(new Error(`not answered: ${text}`)), PATIENCE_MS);
      const done = (error?: Error): void => {
        clearTimeout(timer);
        heard = () => {};
        if (error === undefined) resolve(told);
        else reject(error);
      };
      heard = (line) => {
        const message = parsed(line);
        const { id, method } = isObject(message) ? message : {};
        if (id === barrier) isPassed = true;
        else {
          told.push(line);
          if (method === undefined) isAnswered = true;
          else if (id !== undefined) stdin.write(answer(JSON.stringify(id)));
        }
        if (isPassed && isAnswered) done();
      };
      stdin.write(`${text.replace(/[\r\n]/g, ' ')}\n`);
      const id = isObject(parsed(text)) ? (parsed(text) as Part)['id'] : undefined;
      if (isListening(text) && id !== undefined)
        stdin.write(
          `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${JSON.stringify(id)}}}\n`,
        );
      const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"${MODERN}","io.modelcontextprotocol/clientCapabilities":{}}`;
      stdin.write(`{"jsonrpc":"2.0","id":"${barrier}","method":"server/discover","params":{${meta}}}\n`);
      void place;
    });

  const initialize = {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: INITIALIZE(revision, { elicitation: { form: {} } }),
  };
  const [first] = places;
  if (first !== undefined) await send(first, JSON.stringify(initialize), () => '');
  stdin.write(`${INITIALIZED}\n`);
  return { name, running, home, places, send, close: () => stdin.end() };
}

interface Reply {
  readonly status: number;
  readonly session: string | undefined;
  readonly texts: readonly string[];
}

export async function httpLane(
  name: string,
  { running, home }: { running: Running; home: Home },
  origin: string,
  places: readonly Place[],
): Promise<Lane> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  const sessions = new Map<string, string>();

  const post = (url: string, headers: Part, body: string, onText: (text: string) => void): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const request = http.request(url, { method: 'POST', agent, headers: headers as http.OutgoingHttpHeaders });
      const timer = setTimeout(() => request.destroy(new Error(`not answered: ${body}`)), PATIENCE_MS);
      request.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      request.on('response', (response) => {
        let text = '';
        let seen = 0;
        const type = response.headers['content-type'];
        const session = response.headers['mcp-session-id'] as string | undefined;
        const end = (): void => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, session, texts: messagesOf(text, type) });
        };
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (type?.startsWith('text/event-stream') !== true) return;
          const complete = text.lastIndexOf('\n\n') + 2;
          for (const each of messagesOf(text.slice(seen, complete), type)) onText(each);
          seen = Math.max(seen, complete);
          // It would stay open.
          if (isListening(body)) response.destroy();
        });
        response.on('close', end);
      });
      request.end(body);
    });

  const urlOf = ({ view, server }: Place): string =>
    `${origin}${view === 'single' ? `/mcp/servers/${server}` : '/mcp'}`;

  function headersOf(place: Place, text: string): Record<string, string> {
    const message = parsed(text);
    const { method, params } = isObject(message) ? message : {};
    const { name: called, uri, taskId } = isObject(params) ? params : {};
    const target = [called, uri, taskId].find((one) => typeof one === 'string') as string | undefined;
    const revision = place.era === 'modern' ? MODERN : '2025-11-25';
    const plain = typeof method === 'string' && /^[\x21-\x7e]+$/.test(method) ? method : 'tools/list';
    const headers = httpHeaders(revision, plain, target === undefined || target.length > 4_000 ? undefined : target);
    headers['authorization'] = `Bearer ${place.view === 'direct' ? `${TOKEN}-direct` : TOKEN}`;
    const session = sessions.get(sessionKey(place));
    if (place.era === 'legacy' && session !== undefined) headers['mcp-session-id'] = session;
    return headers;
  }

  const sessionKey = ({ view, server }: Place): string => (view === 'single' ? server : view);

  const send: Lane['send'] = async (place, text, answer) => {
    const told: string[] = [];
    const headers = headersOf(place, text);
    const reply = await post(urlOf(place), headers, text, (each) => {
      const message = parsed(each);
      if (!isObject(message) || message['method'] === undefined || message['id'] === undefined) return;
      const given = answer(JSON.stringify(message['id'])).trim().split('\n');
      for (const line of given) void post(urlOf(place), headersOf(place, line), line, () => {}).catch(() => {});
    });
    told.push(...reply.texts);
    if (reply.status >= 500) throw new Error(`HTTP ${reply.status} to ${text}: ${reply.texts.join(' ')}`);
    const isAnswered = told.some((each) => {
      const message = parsed(each);
      return !isObject(message) || message['method'] === undefined;
    });
    if (needsAnswer(text) && !isAnswered && !isListening(text))
      throw new Error(`not answered (HTTP ${reply.status}): ${text}`);
    return told;
  };

  for (const place of places) {
    if (place.era === 'modern' || sessions.has(sessionKey(place))) continue;
    const body = JSON.stringify({
      jsonrpc: '2.0',
      id: 0,
      method: 'initialize',
      params: INITIALIZE('2025-11-25', { elicitation: { form: {} } }),
    });
    const { session } = await post(urlOf(place), headersOf(place, body), body, () => {});
    if (session === undefined) throw new Error('There is no session.');
    sessions.set(sessionKey(place), session);
    await post(urlOf(place), headersOf(place, INITIALIZED), INITIALIZED, () => {});
  }
  return { name, running, home, places, send, close: () => agent.destroy() };
}
