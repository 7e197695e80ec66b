/** What belongs to a call while it runs, and to its answer. */
import { expect } from 'vitest';
import type { RpcMessage } from '../support/rpc.ts';
import { errorOf, type Feature, feature, onBoth, resultOf, said, toolErrorOf } from './feature.ts';

const LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
const TRACE = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01',
  tracestate: 'vendor=value',
  baggage: 'userId=alice',
};

/** Severities of the log messages that came with an answer, but for those of other servers, such as one that has just started. */
function levels(notifications: readonly RpcMessage[]): unknown[] {
  return notifications
    .filter(({ method, params }) => method === 'notifications/message' && params?.['logger'] === 'fixture')
    .map(({ params }) => params?.['level']);
}

/** The request as a server received it, as a value. */
function received(text: string): { params: { _meta?: Record<string, unknown> } } {
  return JSON.parse(text) as { params: { _meta?: Record<string, unknown> } };
}

export const calls: readonly Feature[] = [
  feature(
    'progress',
    'crosses',
    onBoth(async (side) => {
      const reported = async (meta: Readonly<Record<string, unknown>>): Promise<unknown[]> => {
        const answer = await side.tool('steps', { steps: 3 }, { meta });
        expect(said(answer)).toBe('3 steps');
        const progress = answer.notifications.filter(({ method }) => method === 'notifications/progress');
        return progress.map(({ params }) => params);
      };
      expect(await reported({ progressToken: 'my-token' })).toEqual(
        [1, 2, 3].map((step) => ({ progressToken: 'my-token', progress: step, total: 3, message: `step ${step}` })),
      );
      expect(await reported({})).toEqual([]);
    }),
  ),
  feature(
    'cancellation by the caller',
    'crosses',
    onBoth(async (shared, server, bench) => {
      const { cell } = bench;
      // On a connection of its own: what was given up has a 2025 program ask no other client for a while.
      const side = cell.transport === 'http' ? await bench.with({}, server) : shared;
      const key = `${JSON.stringify(cell)} ${server}`;
      const exchange = side.startTool('hold', { key });
      said(await side.tool('happened', { event: `started ${key}` }));
      exchange.cancel();
      said(await side.tool('happened', { event: `cancelled ${key}` }));
      // Nothing answers a call that was cancelled: another one is answered, and this one was not before.
      const other = side.tool('label');
      const first = await Promise.race([
        exchange.answer.then(
          () => 'cancelled',
          () => 'gone',
        ),
        other.then(() => 'other'),
      ]);
      expect(first).not.toBe('cancelled');
      said(await other);
    }),
  ),
  feature(
    'log messages of a call, by level',
    'crosses',
    onBoth(async (side) => {
      const { caller } = side;
      const heard = async (level: string): Promise<unknown[]> => {
        resultOf(await caller.call('logging/setLevel', { level }));
        return levels((await side.tool('log')).notifications);
      };
      expect(await heard('debug')).toEqual(['debug', 'info', 'error']);
      expect(await heard('info')).toEqual(['info', 'error']);
      expect(await heard('emergency')).toEqual([]);
      expect(errorOf(await caller.call('logging/setLevel', { level: 'loud' }))).toMatchObject({ code: -32602 });
    }),
    { caller: 'legacy' },
  ),
  feature(
    'log messages of a call, by level',
    'crosses',
    onBoth(async (side) => {
      const heard = async (level: string | undefined): Promise<unknown[]> => {
        const meta = level === undefined ? {} : { [LOG_LEVEL]: level };
        return levels((await side.tool('log', {}, { meta })).notifications);
      };
      expect(await heard('debug')).toEqual(['debug', 'info', 'error']);
      expect(await heard('error')).toEqual(['error']);
      expect(await heard(undefined)).toEqual([]);
      expect(errorOf(await side.caller.call('logging/setLevel', { level: 'debug' }))).toMatchObject({ code: -32601 });
    }),
    { caller: 'modern' },
  ),
  feature(
    'ping',
    'crosses',
    async (bench) => {
      expect(resultOf(await (await bench.at('one')).caller.call('ping'))).toEqual({});
    },
    { caller: 'legacy' },
  ),
  feature(
    'ping',
    'is refused: 2026-07-28 has none',
    async (bench) => {
      expect(errorOf(await (await bench.at('one')).caller.call('ping'))).toMatchObject({ code: -32601 });
    },
    { caller: 'modern' },
  ),
  feature(
    '`_meta` and W3C trace context',
    'crosses',
    onBoth(async (side) => {
      const meta = { ...TRACE, 'vendor.example/k': { a: [1, null] } };
      const answer = await side.tool('received', {}, { meta: { ...meta, progressToken: 'canary-token' } });
      const request = said(answer);
      expect(received(request).params._meta).toMatchObject(meta);
      // What is about one hop stays there.
      for (const secret of ['canary-token', '"raw"']) expect(request).not.toContain(secret);
      expect(resultOf(answer)['_meta']).toMatchObject({ 'vendor.example/answer': '1' });

      const prompt = await side.caller.call('prompts/get', { name: side.name('rich') }, { meta });
      const { messages, _meta } = resultOf(prompt) as { messages: { content: { text: string } }[]; _meta: object };
      expect(received(messages[0]?.content.text ?? '').params._meta).toMatchObject(meta);
      expect(_meta).toMatchObject({ 'vendor.example/answer': '1' });

      const ref = { type: 'ref/prompt', name: side.name('greet') };
      const complete = { ref, argument: { name: 'who', value: 'received' } };
      const { completion } = resultOf(await side.caller.call('completion/complete', complete, { meta })) as {
        completion: { values: string[] };
      };
      expect(received(completion.values[0] ?? '').params._meta).toMatchObject(meta);
    }),
  ),
  feature(
    '`ttlMs` and `cacheScope`, private because rules filter',
    'crosses',
    onBoth(async (side) => {
      const lists = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'server/discover'];
      for (const method of lists) {
        const { ttlMs, cacheScope } = resultOf(await side.caller.call(method));
        expect({ cacheScope, ttlMs }, method).toEqual({ cacheScope: 'private', ttlMs: expect.any(Number) });
      }
      const read = resultOf(await side.caller.call('resources/read', { uri: side.uri('test://text') }));
      expect(read).toMatchObject({ cacheScope: 'private', ttlMs: expect.any(Number) });
      expect(resultOf(await side.tool('label'))).not.toHaveProperty('ttlMs');
    }),
    { caller: 'modern' },
  ),
  feature(
    '`ttlMs` and `cacheScope`, private because rules filter',
    'is left out: the 2025 revisions have none',
    onBoth(async (side) => {
      const methods = ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list'];
      const answers = [
        ...(await Promise.all(methods.map((method) => side.caller.call(method)))),
        await side.caller.call('resources/read', { uri: side.uri('test://text') }),
      ];
      for (const answer of answers) {
        const result = resultOf(answer);
        for (const field of ['ttlMs', 'cacheScope', 'resultType']) expect(result).not.toHaveProperty(field);
      }
    }),
    { caller: 'legacy' },
  ),
  feature(
    '`Mcp-Method` and `Mcp-Name`, written to servers',
    'crosses',
    async (bench) => {
      const side = await bench.at('two');
      const { structuredContent } = resultOf(await side.tool('received')) as {
        structuredContent: { headers: Record<string, string> };
      };
      expect(structuredContent.headers).toMatchObject({
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': 'received',
      });
      // The server refuses what it finds no such headers with.
      resultOf(await side.caller.call('prompts/get', { name: side.name('greet'), arguments: {} }));
      resultOf(await side.caller.call('resources/read', { uri: side.uri('test://item/%C5%BC%20%C3%B3') }));
    },
    { server: 'modern' },
  ),
  feature(
    '`Mcp-Method` and `Mcp-Name`, written to servers',
    'is left out: the 2025 revisions have none',
    async (bench) => {
      const { structuredContent } = resultOf(await (await bench.at('two')).tool('received')) as {
        structuredContent: { headers: Record<string, string> };
      };
      expect(structuredContent.headers).toMatchObject({ 'mcp-protocol-version': '2025-11-25' });
      for (const name of ['mcp-method', 'mcp-name']) expect(structuredContent.headers).not.toHaveProperty(name);
    },
    { server: 'legacy' },
  ),
  feature(
    'errors of servers: code, message and data',
    'crosses',
    onBoth(async (side) => {
      for (const code of [-32603, -32000, -31999, 7]) {
        const data = { why: ['test', code] };
        expect(toolErrorOf(await side.tool('fail', { code, data }))).toEqual({
          code,
          message: `failed with ${code}`,
          data,
        });
      }
    }),
  ),
  feature(
    'error codes of the revision: resource not found, method not found, codes of one hop',
    'crosses',
    onBoth(async (side, _server, { cell }) => {
      const { caller } = side;
      const modern = cell.caller === 'modern';
      // 2026-07-28, server/resources, Error Handling; 2025-11-25, server/resources, Error Handling.
      const uri = side.uri('test://gone');
      expect(errorOf(await caller.call('resources/read', { uri }))).toMatchObject({ code: modern ? -32602 : -32002 });
      expect(errorOf(await caller.call('prompts/get', { name: side.name('gone') }))).toMatchObject({ code: -32602 });
      expect(errorOf(await caller.call('no/such/method'))).toMatchObject({ code: -32601 });
      // 2026-07-28, basic/index, Error Codes: what is about the server's hop would say something else of this one.
      for (const code of [-32020, -32050])
        expect(toolErrorOf(await side.tool('fail', { code }))).toMatchObject({ code: -32603 });
      const retired = toolErrorOf(await side.tool('fail', { code: -32042, data: { elicitations: [] } }));
      expect(retired.code).toBe(modern ? -32603 : -32042);
    }),
  ),
];
