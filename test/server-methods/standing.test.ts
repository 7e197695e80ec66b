/** What a server of 2025 says and asks besides requests reaches the one session that it serves, and nobody else. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Gateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { fileText, linesOf, makeHome, servers, TOKEN } from '../support/home.ts';
import { type HttpRpc, openHttp } from '../support/http.ts';
import { fixture, npmServer } from '../support/paths.ts';
import { until } from '../support/process.ts';
import type { Rpc, RpcMessage } from '../support/rpc.ts';
import type { StdioRpc } from '../support/stdio.ts';
import { DISCOVERY, SINGLE, type View, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const SETUP = { servers: servers({ standing: fixture('standing') }), rules: viewRules() };
const ROOTS = { roots: { listChanged: true } };

let gateway: Gateway;
afterEach(() => gateway.stop());

interface Seen {
  readonly roots: readonly (string | number)[];
  readonly heard: readonly string[];
  readonly sampled: readonly unknown[];
}

async function call(rpc: Rpc, view: View, tool: string, args?: object): Promise<unknown> {
  const { message, text } = await rpc.call('tools/call', view.call('standing', tool, args));
  const { content } = (message.result ?? {}) as { content?: { text: string }[] };
  if (content === undefined) throw new Error(text);
  return JSON.parse(content[0]?.text ?? '');
}

const seen = (rpc: Rpc, view: View): Promise<Seen> => call(rpc, view, 'seen') as Promise<Seen>;

/** Waits until the server knows this of the roots, question by question. */
async function knows(rpc: Rpc, view: View, ...roots: (string | number)[]): Promise<void> {
  let known: Seen | undefined;
  await until(async () => {
    known = await seen(rpc, view);
    return known.roots.length >= roots.length;
  }, `the server has ${roots.length} answers`);
  expect(known?.roots).toEqual(roots);
}

function answerText({ id }: RpcMessage, uri: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result: { roots: [{ uri }] } });
}

const CHANGED = '{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}';

describe('stdio', () => {
  async function start(view: View, capabilities: object = ROOTS): Promise<StdioRpc> {
    const args = view === SINGLE ? ['--server', 'standing'] : [];
    const started = await serveStdio({ ...SETUP, args: [...args, '--agent', 'default'] }, LEGACY, capabilities);
    gateway = started;
    return started.rpc;
  }

  /** Answers every question for the roots, each with another. */
  function answerRoots(rpc: StdioRpc): void {
    let asked = 0;
    rpc.listen((message) => {
      if (message.method === 'roots/list') rpc.send(`${answerText(message, `file:///${++asked}`)}\n`);
    });
  }

  it.each([DISCOVERY, SINGLE])(
    'a server asks for the roots when it starts, and again when they changed: $name',
    async (view) => {
      const rpc = await start(view);
      answerRoots(rpc);
      await knows(rpc, view, 'file:///1');
      rpc.send(`${CHANGED}\n`);
      await knows(rpc, view, 'file:///1', 'file:///2');
      expect((await seen(rpc, view)).heard).toEqual(['notifications/initialized', 'notifications/roots/list_changed']);
    },
  );

  it('a server has the client sample as a task, and gets the result when its call is over', async () => {
    const tasks = { requests: { sampling: { createMessage: {} } } };
    const rpc = await start(DISCOVERY, { sampling: {}, tasks });
    const task = { taskId: 'of-the-client', status: 'working', createdAt: '', lastUpdatedAt: '', ttl: 1000 };
    rpc.listen(({ id, method, params }) => {
      const answers: Record<string, object> = {
        'sampling/createMessage': { task },
        'tasks/result': { role: 'assistant', model: 'm', content: { type: 'text', text: String(params?.['taskId']) } },
      };
      const result = answers[method ?? ''];
      if (result !== undefined) rpc.send(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
    });
    expect(await call(rpc, DISCOVERY, 'sample')).toBe('working');
    let sampled: readonly unknown[] = [];
    await until(async () => {
      ({ sampled } = await seen(rpc, DISCOVERY));
      return sampled.length > 0;
    }, 'the result came');
    expect(sampled).toEqual(['of-the-client']);
  });

  it('what a server logs besides requests comes from the level on that the session set', async () => {
    const rpc = await start(DISCOVERY);
    const logged = (): unknown[] =>
      rpc.lines
        .map((line) => JSON.parse(line) as RpcMessage)
        .filter(({ method }) => method === 'notifications/message')
        .map(({ params }) => params?.['level']);
    await call(rpc, DISCOVERY, 'later', { what: 'log' });
    await seen(rpc, DISCOVERY);
    expect(logged()).toEqual([]);
    await rpc.call('logging/setLevel', { level: 'warning' });
    await call(rpc, DISCOVERY, 'later', { what: 'log' });
    await seen(rpc, DISCOVERY);
    expect(logged()).toEqual(['error']);
  });

  it('notifications that the gateway does not know pass in the single-server view, both ways, and nowhere else', async () => {
    const unknown = '{"jsonrpc":"2.0","method":"notifications/com.example/hello","params":{}}\n';
    for (const view of [SINGLE, DISCOVERY]) {
      const rpc = await start(view);
      await seen(rpc, view);
      rpc.send(unknown);
      await call(rpc, view, 'later', { what: 'note' });
      const { heard } = await seen(rpc, view);
      const notes = rpc.lines.filter((line) => line.includes('notifications/com.example/note'));
      const hellos = heard.filter((method) => method === 'notifications/com.example/hello');
      expect([notes.length, hellos.length]).toEqual(view === SINGLE ? [1, 1] : [0, 0]);
      if (view === SINGLE) await gateway.stop();
    }
  });
});

describe('HTTP', () => {
  it('the one session of a principal is asked on its own stream; of two, nobody knows which', async () => {
    const home = makeHome({ rules: viewRules() });
    const file = path.join(home.dir, 'outcomes');
    writeFileSync(home.servers, fileText(servers({ standing: fixture('standing', { OUTCOMES: file }) })));
    const started = await serveHttp({ home, env: { GATEWAY_INIT_STRATEGY: 'lazy' } });
    gateway = started;
    /** What came of the question after so many others; no call is open meanwhile to which it could belong. */
    const outcome = async (after: number): Promise<string | undefined> => {
      await until(() => linesOf(file).length > after, 'the question is answered');
      return linesOf(file).at(-1);
    };
    const open = (): Promise<HttpRpc> => openHttp(started.url, LEGACY, { token: TOKEN, capabilities: ROOTS });
    const rpc = await open();
    await seen(rpc, DISCOVERY);
    // Nobody listens yet.
    expect(await outcome(0)).toBe('-32601');

    const end = rpc.listen((message) => {
      if (message.method === 'roots/list') void rpc.post(answerText(message, 'file:///a'));
    });
    await until(async () => {
      const before = linesOf(file).length;
      await rpc.post(CHANGED);
      return (await outcome(before)) === 'file:///a';
    }, 'the session is asked on its stream');

    const other = await open();
    const endOther = other.listen(() => {});
    const before = linesOf(file).length;
    await rpc.post(CHANGED);
    expect(await outcome(before)).toBe('-32601');
    end();
    endOther();
  });
});

it('a session watches no more than 1,000 resources, and none with a name that is too long', async () => {
  const single = ['--server', 'everything', '--agent', 'default'];
  const setup = { servers: servers({ everything: npmServer('everything') }), rules: viewRules() };
  const started = await serveStdio({ ...setup, args: single }, LEGACY, {});
  gateway = started;
  const { rpc } = started;
  const subscribe = async (uri: string): Promise<unknown> => {
    const { message } = await rpc.call('resources/subscribe', { uri });
    return message.error ?? message.result;
  };
  expect(await subscribe(`demo://${'x'.repeat(8_192)}`)).toMatchObject({ code: -32602 });
  const all = await Promise.all(
    Array.from({ length: 1_000 }, (_, at) => subscribe(`demo://resource/dynamic/text/${at + 1}`)),
  );
  expect(new Set(all.map((each) => JSON.stringify(each)))).toEqual(new Set(['{}']));
  expect(await subscribe('demo://resource/dynamic/text/1001')).toMatchObject({
    message: expect.stringContaining('unsubscribe'),
  });
  await rpc.call('resources/unsubscribe', { uri: 'demo://resource/dynamic/text/1' });
  const atOnce = [1_001, 1_002, 1_003].map((at) => subscribe(`demo://resource/dynamic/text/${at}`));
  const texts = (await Promise.all(atOnce)).map((each) => JSON.stringify(each));
  expect(texts.filter((each) => each === '{}')).toHaveLength(1);
});
