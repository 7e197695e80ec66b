/** Calls at a steady rate, whatever becomes of those before: each has a mark, and is answered with it or failed. */
import http from 'node:http';
import { TOKEN } from '../support/home.ts';
import { httpHeaders, messagesOf } from '../support/http.ts';
import { MODERN, requestText } from '../support/rpc.ts';
import type { ClientSession } from './client-session.ts';

/** Milliseconds after which a call counts as failed. */
const SILENCE_MS = 30_000;

export interface Made {
  readonly mark: string;
  /** The client that made it. */
  readonly caller: LoadCaller;
  /** When it was sent and answered, as `performance.now()` says. */
  readonly from: number;
  readonly to: number;
  /** `ok`, `wrong` for the answer to another call, or what was said instead. */
  readonly how: string;
}

/** A client: of 2026-07-28, or with a session. */
export interface LoadCaller {
  readonly revision: string;
  readonly token: string;
  /** Its session as it is now; undefined for clients without. */
  readonly sessions?: ClientSession;
}

/** Calls of 2026-07-28. */
export const ANYBODY: LoadCaller = { revision: MODERN, token: TOKEN };

export class SteadyLoad {
  readonly made: Made[] = [];
  readonly #url: string;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 512 });
  readonly #open = new Set<Promise<void>>();
  #count = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** Makes so many calls a second until `over`, by these callers in turn. @param ms that a server takes for each */
  async run(callers: readonly LoadCaller[], perSecond: number, ms: number, over: Promise<unknown>): Promise<void> {
    let isOver = false;
    void over.finally(() => (isOver = true));
    const since = performance.now();
    for (let sent = 0; !isOver; ) {
      const due = Math.floor(((performance.now() - since) / 1000) * perSecond);
      for (; sent < due; sent++) this.call(callers[sent % callers.length] ?? ANYBODY, ms);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    await over;
    await this.settled();
  }

  /** All calls have been answered, or were given up. */
  async settled(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  /** Makes one call. */
  call(caller: LoadCaller, ms: number): void {
    const mark = `m${++this.#count}`;
    const from = performance.now();
    const params = { name: 'execute_tool', arguments: { server: 'marked', tool: 'mark', args: { mark, ms } } };
    const body = requestText(this.#count, 'tools/call', params, caller.revision);
    const work = this.#answered(caller, body, this.#count, mark).then((how) => {
      this.made.push({ mark, caller, from, to: performance.now(), how });
      this.#open.delete(work);
    });
    this.#open.add(work);
  }

  /** A session that is not there any more is started again, as clients do: the call was not made. */
  async #answered(caller: LoadCaller, body: string, id: number, mark: string): Promise<string> {
    const { sessions } = caller;
    if (sessions === undefined) return this.#post(caller, undefined, body, id, mark);
    const deadline = performance.now() + SILENCE_MS;
    for (;;) {
      const session = await sessions.current();
      const how = await this.#post(caller, session, body, id, mark);
      if (!how.startsWith('HTTP 404') || performance.now() > deadline) return how;
      sessions.over(session);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #post(
    { revision, token }: LoadCaller,
    session: string | undefined,
    body: string,
    id: number,
    mark: string,
  ): Promise<string> {
    const headers = {
      ...httpHeaders(revision, 'tools/call', 'execute_tool'),
      authorization: `Bearer ${token}`,
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    };
    return new Promise((resolve) => {
      const asked = http.request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', (error) => resolve(error.message));
        response.on('end', () => {
          const { statusCode = 0, headers: given } = response;
          const answer = messagesOf(text, given['content-type']).at(-1) ?? '';
          resolve(statusCode === 200 ? outcomeOf(answer, id, mark) : `HTTP ${statusCode} ${text.slice(0, 200)}`);
        });
      });
      asked.setTimeout(SILENCE_MS, () => asked.destroy(new Error('silence')));
      asked.on('error', (error) => resolve(error.message));
      asked.end(body);
    });
  }
}

function outcomeOf(text: string, id: number, mark: string): string {
  try {
    const { id: answered, result } = JSON.parse(text) as { id: unknown; result?: { content: { text: string }[] } };
    const said = result?.content[0]?.text;
    if (answered === id && said === mark) return 'ok';
    return said !== undefined && /^m\d+$/.test(said) ? 'wrong' : text.slice(0, 300);
  } catch {
    return text.slice(0, 300);
  }
}
