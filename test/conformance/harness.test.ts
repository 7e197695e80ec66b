/** The parts of the conformance harness that decide what counts: baselines and the mapping of names. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';

interface Result {
  readonly scenario: string;
  readonly passed: number;
  readonly failures: readonly { readonly check: string }[];
}

interface Adapter {
  readonly url: string;
  stop(): Promise<void>;
}

const load = (name: string): Promise<unknown> => import(new URL(name, import.meta.url).href);
const { judge } = (await load('./suite.mjs')) as {
  judge(results: readonly Result[], baseline: string, leg: 'server' | 'client'): string[];
};
const { startAdapter } = (await load('./adapter.mjs')) as {
  startAdapter(origin: string, server: string): Promise<Adapter>;
};

const CROSSED = 'modern-caller-legacy-server';

function result(scenario: string, ...failed: string[]): Result {
  return { scenario, passed: 1, failures: failed.map((check) => ({ check })) };
}

describe('a baseline', () => {
  const elicitation = 'input-required-result-basic-elicitation';

  it('lets fail what it names, and nothing else of that scenario', () => {
    expect(judge([result(elicitation, 'sep-2322-elicitation-incomplete')], CROSSED, 'server')).toEqual([]);
    expect(judge([result(elicitation, 'sep-2322-elicitation-incomplete', 'other')], CROSSED, 'server')).toEqual([
      `${elicitation}:other failed`,
    ]);
  });

  it('lets nothing fail where caller and server are of one generation', () => {
    expect(judge([result('tasks-lifecycle', 'a-check')], 'same', 'server')).toEqual(['tasks-lifecycle:a-check failed']);
  });

  it('is stale where something that it names passes', () => {
    const problems = judge([result(elicitation), result('tasks-lifecycle')], 'modern-caller-legacy-program', 'server');
    expect(problems).toHaveLength(2);
    for (const problem of problems) expect(problem).toMatch(/ passes: remove it from /);
  });
});

describe('the adapter of direct mode', () => {
  const stops: (() => Promise<unknown> | undefined)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  /** An adapter in front of a server that keeps what it got and answers with `text`. */
  async function adapted(type: string, text: string) {
    const got: { body?: unknown; headers?: IncomingHttpHeaders } = {};
    const upstream = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      Object.assign(got, { body: JSON.parse(body), headers: request.headers });
      response.writeHead(200, { 'content-type': type }).end(text);
    });
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const { port } = upstream.address() as AddressInfo;
    stops.push(() => new Promise((resolve) => upstream.close(resolve)));
    const adapter = await startAdapter(`http://127.0.0.1:${port}`, 'fixture');
    stops.push(() => adapter.stop());
    return { url: adapter.url, got };
  }

  const post = (url: string, message: object, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });

  it('puts the name of the server on calls, in body and header', async () => {
    const { url, got } = await adapted('application/json', '{"result":{}}');
    await post(url, { method: 'tools/call', params: { name: 'add' } }, { 'Mcp-Name': 'add' });
    expect(got.body).toEqual({ method: 'tools/call', params: { name: 'fixture__add' } });
    expect(got.headers?.['mcp-name']).toBe('fixture__add');
    await post(url, { method: 'resources/read', params: { uri: 'test://a' } }, { 'Mcp-Name': 'test://a' });
    expect(got.body).toEqual({ method: 'resources/read', params: { uri: 'mcp://fixture/test://a' } });
    expect(got.headers?.['mcp-name']).toBe('mcp://fixture/test://a');
  });

  it('takes it off answers', async () => {
    const answer = { id: 1, result: { tools: [{ name: 'fixture__add', title: 'fixture__add' }] } };
    const { url } = await adapted('application/json', JSON.stringify(answer));
    const response = await post(url, { id: 1, method: 'tools/list' });
    expect(await response.json()).toEqual({ id: 1, result: { tools: [{ name: 'add', title: 'fixture__add' }] } });
  });

  it('takes it off events, and leaves the empty ones alone', async () => {
    const update = { method: 'notifications/resources/updated', params: { uri: 'mcp://fixture/test://a' } };
    const { url } = await adapted('text/event-stream', `id: 0\ndata: \n\ndata: ${JSON.stringify(update)}\n\n`);
    const text = await (await post(url, { id: 1, method: 'subscriptions/listen', params: {} })).text();
    expect(text).toBe(`id: 0\ndata: \n\ndata: {"method":"${update.method}","params":{"uri":"test://a"}}\n\n`);
  });
});
