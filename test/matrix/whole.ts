/** What concerns a connection as a whole: how it begins, what passes unread, and that nothing is lost on the way. */
import { expect } from 'vitest';
import { type HttpReply, request } from '../support/http.ts';
import { type Answer, INITIALIZE, requestText } from '../support/rpc.ts';
import { resultText, withoutHopByHop } from '../support/spans.ts';
import { CAPABILITIES } from './caller.ts';
import { nameOf, type Side } from './cells.ts';
import { MESSAGES, RESULTS, recordedText } from './corpus.ts';
import { errorOf, type Feature, feature, onBoth, resultOf, said, toolErrorText } from './feature.ts';

/** What the connection says of itself: for callers of 2025 as it did when they connected. */
async function introduced(side: Side): Promise<Record<string, unknown>> {
  return side.caller.era === 'modern' ? introducedAnew(side) : side.caller.introduction;
}

/** What a connection that is made now would hear. */
function introductionAnew({ caller }: Side): Promise<Answer> {
  const { era, rpc } = caller;
  if (era === 'modern') return caller.call('server/discover');
  return caller.call('initialize', INITIALIZE(rpc.revision, CAPABILITIES));
}

async function introducedAnew(side: Side): Promise<Record<string, unknown>> {
  return resultOf(await introductionAnew(side));
}

const bytes = (object: string): unknown => withoutHopByHop(object);

export const whole: readonly Feature[] = [
  feature(
    'instructions of the server, as they are',
    'crosses',
    onBoth(async (side, server) => {
      expect((await introduced(side))['instructions']).toBe(`Instructions of ${server}: call echo first.`);
    }),
    { view: 'single' },
  ),
  feature(
    'instructions of all servers that were listed before: merged, quoted, within bounds',
    'crosses',
    async (bench) => {
      const side = await bench.at('one');
      for (const server of ['one', 'two']) {
        if (bench.cell.view === 'direct') resultOf(await side.caller.call('tools/list'));
        else {
          const params = { name: 'get_server_tools', arguments: { server } };
          const listing = JSON.parse(said(await side.caller.call('tools/call', params))) as object;
          expect(listing).toMatchObject({ server_instructions: `Instructions of ${server}: call echo first.` });
        }
      }
      const { instructions } = (await introducedAnew(side)) as { instructions: string };
      for (const [server, description] of [
        ['one', 'First'],
        ['two', 'Second'],
      ]) {
        expect(instructions).toMatch(new RegExp(`^- ${server}: ${description}$`, 'm'));
        expect(instructions).toMatch(new RegExp(`^- ${server}: "Instructions of ${server}: call echo first."$`, 'm'));
      }
      expect(instructions.length).toBeLessThan(bench.cell.view === 'discovery' ? 2_000 : 4_000);
    },
    { view: ['discovery', 'direct'] },
  ),
  feature(
    'name, title, icons and version of the server',
    'crosses',
    onBoth(async (side, server) => {
      const introduction = await introduced(side);
      const meta = introduction['_meta'] as Record<string, unknown> | undefined;
      const info = introduction['serverInfo'] ?? meta?.['io.modelcontextprotocol/serverInfo'];
      expect(info).toEqual({
        name: `matrix-${server}`,
        version: '1.2.3',
        title: `Matrix ${server}`,
        description: 'Has everything.',
        websiteUrl: 'https://example.com/',
        icons: [{ src: 'https://example.com/i.png', sizes: ['48x48'] }],
      });
    }),
    { view: 'single' },
  ),
  feature(
    'name, title, icons and version of the server',
    'is left out: the gateway says its own',
    async (bench) => {
      expect(JSON.stringify(await introduced(await bench.at('one')))).not.toContain('matrix-');
    },
    { view: ['discovery', 'direct'] },
  ),
  feature(
    'what else the server says of itself, byte for byte',
    'crosses',
    onBoth(async (side) => {
      const { text } = await introductionAnew(side);
      const recorded = (name: string): string => recordedText(MESSAGES, 'introduction', name);
      expect(text).toContain(`"experimental":{"vendor.example/x":${recorded('capability')}}`);
      const others = withoutHopByHop(resultText(text));
      expect(others).toContainEqual(['_meta', JSON.stringify([['vendor.example/intro', recorded('meta')]])]);
      expect(others).toContainEqual(['x-vendor', recorded('member')]);
    }),
    { view: 'single' },
  ),
  feature(
    'what else the server says of itself, byte for byte',
    'is left out: the gateway says its own',
    async (bench) => {
      expect((await introductionAnew(await bench.at('one'))).text).not.toMatch(/vendor/);
    },
    { view: ['discovery', 'direct'] },
  ),
  feature(
    'methods that the gateway does not know',
    'crosses',
    onBoth(async (side) => {
      const { received } = resultOf(await side.caller.call('vendor.example/unknown', { a: 1 })) as { received: string };
      expect(JSON.parse(received)).toMatchObject({ method: 'vendor.example/unknown', params: { a: 1 } });
    }),
    { view: 'single' },
  ),
  feature(
    'methods that the gateway does not know',
    'is refused: they say no server',
    async (bench) => {
      const answer = await (await bench.at('one')).caller.call('vendor.example/unknown', { a: 1 });
      expect(errorOf(answer)).toEqual({ code: -32601, message: 'Method not found: vendor.example/unknown' });
    },
    { view: ['discovery', 'direct'] },
  ),
  feature(
    '`Mcp-Method` and `Mcp-Name`, checked where a caller writes them',
    'crosses',
    async (bench) => {
      const side = await bench.at('one');
      const send = (headers: Record<string, string>): Promise<HttpReply> => {
        const { rpc } = side.caller;
        if (!('url' in rpc)) throw new Error('Not over HTTP.');
        const http = rpc as typeof rpc & {
          url: string;
          headers(method: string, name?: string): Record<string, string>;
        };
        const body = requestText(1, 'prompts/get', { name: side.name('greet'), arguments: {} }, http.revision);
        const own = http.headers('prompts/get', side.name('greet'));
        return request(http.url, { method: 'POST', headers: { ...own, ...headers }, body });
      };
      expect((await send({})).status).toBe(200);
      for (const wrong of [
        { 'mcp-name': 'another' },
        { 'mcp-method': 'tools/call' },
        { 'mcp-protocol-version': '2025-11-25' },
      ]) {
        const { status, body } = await send(wrong);
        expect([status, (JSON.parse(body) as { error: { code: number } }).error.code], JSON.stringify(wrong)).toEqual([
          400, -32020,
        ]);
      }
    },
    { transport: 'http', caller: 'modern' },
  ),
  feature(
    'results of tools, byte for byte',
    'crosses',
    onBoth(async (side) => {
      for (const { name, text } of RESULTS) {
        const answer = await side.tool('recorded', { name });
        expect(bytes(resultText(answer.text)), name).toEqual(bytes(text));
      }
    }),
  ),
  feature(
    'prompts, contents of resources and completions, byte for byte',
    'crosses',
    onBoth(async (side) => {
      for (const { kind, name, text } of MESSAGES) {
        if (kind === 'prompt') {
          const answer = await side.caller.call('prompts/get', { name: side.name('recorded'), arguments: { name } });
          expect(bytes(resultText(answer.text)), name).toEqual(bytes(text));
        } else if (kind === 'resource') {
          const original = `test://message/${name}`;
          const answer = await side.caller.call('resources/read', { uri: side.uri(original) });
          // The resource is called as it was asked for.
          const shown = text.replace(JSON.stringify(original), JSON.stringify(side.uri(original)));
          expect(bytes(resultText(answer.text)), name).toEqual(bytes(shown));
        } else if (kind === 'completion') {
          const ref = { type: 'ref/prompt', name: side.name('greet') };
          const answer = await side.caller.call('completion/complete', {
            ref,
            argument: { name: 'who', value: 'recorded' },
          });
          expect(bytes(resultText(answer.text)), name).toEqual(bytes(text));
        }
      }
    }),
  ),
  feature(
    'progress, log messages and data of errors, byte for byte',
    'crosses',
    onBoth(async (side) => {
      const heard: string[] = [];
      const meta = {
        progressToken: 't',
        ...(side.caller.era === 'modern' ? { 'io.modelcontextprotocol/logLevel': 'debug' } : {}),
      };
      if (side.caller.era === 'legacy') resultOf(await side.caller.call('logging/setLevel', { level: 'debug' }));
      said(
        await side.tool('recorded_notices', {}, { meta, onNotification: (_message, text) => void heard.push(text) }),
      );
      const progress = recordedText(MESSAGES, 'progress').slice(1);
      expect(heard).toContain(
        `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t",${progress}}`,
      );
      expect(heard).toContain(
        `{"jsonrpc":"2.0","method":"notifications/message","params":${recordedText(MESSAGES, 'log')}}`,
      );
      const text = toolErrorText(await side.tool('recorded_error'));
      expect(text).toContain(
        `"error":{"code":-31999,"message":"żółw \\"quoted\\"","data":${recordedText(MESSAGES, 'error data')}}`,
      );
    }),
  ),
  feature(
    'questions and answers, byte for byte',
    'crosses',
    onBoth(async (side) => {
      for (const method of ['elicitation/create', 'sampling/createMessage']) {
        const answer = recordedText(MESSAGES, 'answer', method);
        const from = side.caller.questions.length;
        const got = await side.caller.responding(
          method,
          () => answer,
          () => side.tool('recorded_question', { method }),
        );
        expect(side.caller.questions[from]?.text).toContain(recordedText(MESSAGES, 'question', method).slice(1, -1));
        expect(said(got)).toContain(answer);
      }
    }),
  ),
  feature(
    'arguments and unknown members of requests, byte for byte',
    'crosses',
    onBoth(async (side, server, { cell }) => {
      const args =
        '{"z":12345678901234567890,"10":1e400,"2":-0.0,"a":"\\ud800 \\/ \\u0041 é","deep":{"y":[1.50,{}],"x":null}}';
      const [head, tail] = JSON.stringify(side.params('received', { PLACE: 1 })).split('{"PLACE":1}');
      const received = said(await side.caller.start('tools/call', `${head}${args}${tail}`).answer);
      expect(received).toContain(`"arguments":${args}`);
      if (cell.view !== 'discovery') {
        const more = said(
          await side.caller.start('tools/call', `${head}${args}${tail?.slice(0, -1)},"x-vendor":[1.50]}`).answer,
        );
        expect(more).toContain('"x-vendor":[1.50]');
      }
      const prompt = `{"name":${JSON.stringify(side.name('rich'))},"arguments":{"who":"\\u0041"},"x-vendor":[1.50]}`;
      const { text } = await side.caller.start('prompts/get', prompt).answer;
      expect(JSON.parse(text).result.messages[0].content.text).toContain(
        '"arguments":{"who":"\\u0041"},"x-vendor":[1.50]',
      );
      const ref = `{"type":"ref/prompt","name":${JSON.stringify(side.name('greet'))},"title":"T","x-vendor":1.50}`;
      const complete = `{"ref":${ref},"argument":{"name":"who","value":"received","x":1.0}}`;
      const completed = JSON.parse((await side.caller.start('completion/complete', complete).answer).text).result
        .completion.values[0];
      expect(completed).toContain('"title":"T","x-vendor":1.50');
      expect(completed).toContain('"argument":{"name":"who","value":"received","x":1.0}');
      expect(server).not.toBe('');
    }),
  ),
  feature(
    'streams that are resumed after a break',
    'crosses',
    onBoth(async (side, server, { cell }) => {
      const { rpc } = side.caller;
      const key = `resumed ${nameOf(cell)} ${server}`;
      const http = rpc as typeof rpc & { url: string; headers(method: string): Record<string, string> };
      const abort = new AbortController();
      let seen = '';
      const body = requestText(1_000_000, 'tools/call', side.params('hold_with_progress', { key }), rpc.revision, {
        meta: { progressToken: key },
      });
      const broken = request(http.url, {
        method: 'POST',
        headers: http.headers('tools/call'),
        body,
        signal: abort.signal,
        onChunk: (chunk) => {
          seen += chunk;
          if (/^id: /m.test(seen)) abort.abort();
        },
      });
      await expect(broken).rejects.toThrow();
      const id = /^id: (.*)$/m.exec(seen)?.[1] ?? '';
      const resumed = request(http.url, {
        headers: { ...http.headers('resume'), accept: 'text/event-stream', 'last-event-id': id },
      });
      said(await side.tool('release', { key }));
      expect((await resumed).body).toContain(`released ${key}`);
    }),
    { transport: 'http', caller: 'legacy' },
  ),
];
