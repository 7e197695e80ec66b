/** What the rules deny is neither listed nor reachable, and looks as if it did not exist. */
import { expect } from 'vitest';
import type { Answer } from '../support/rpc.ts';
import type { Side } from './cells.ts';
import { entriesOf, errorOf, type Feature, feature, onBoth, resultOf, said } from './feature.ts';

const SECRET = /secret/;

/** The answers to a denied name and to one that does not exist differ in nothing but the name. */
function expectSame(denied: Answer, missing: Answer): void {
  const shape = (answer: Answer): string =>
    JSON.stringify(errorOf(answer)).replaceAll('secret_prompt', 'NAME').replaceAll('secret_missing', 'NAME');
  expect(shape(denied)).toBe(shape(missing));
}

/** Nothing of a list is secret, on no page. */
async function expectNoSecret(side: Side, method: string, field: string): Promise<void> {
  const entries = await entriesOf(side, method, field);
  expect(entries.length).toBeGreaterThan(0);
  expect(entries.filter((entry) => SECRET.test(JSON.stringify(entry)))).toEqual([]);
}

export const secrets: readonly Feature[] = [
  feature(
    'tools that the rules deny',
    'is refused: not listed, not callable',
    onBoth(async (side, server, { cell }) => {
      if (cell.view !== 'discovery') await expectNoSecret(side, 'tools/list', 'tools');
      else {
        const params = { name: 'get_server_tools', arguments: { server } };
        expect(said(await side.caller.call('tools/call', params))).not.toMatch(SECRET);
      }
      const answer = await side.tool('secret_tool');
      expect(resultOf(answer)['isError']).toBe(true);
      expect(answer.text).toContain('DENIED_BY_POLICY');
      const missing = (await side.tool('secret_missing')).message.result;
      const shape = (result: unknown): string => JSON.stringify(result).replaceAll(/secret_\w+/g, 'NAME');
      expect(shape(answer.message.result)).toBe(shape(missing));
    }),
  ),
  feature(
    'prompts that the rules deny',
    'is refused: not listed, not got, not completed',
    onBoth(async (side) => {
      await expectNoSecret(side, 'prompts/list', 'prompts');
      const [denied, missing] = [side.name('secret_prompt'), side.name('secret_missing')];
      const got = (name: string): Promise<Answer> => side.caller.call('prompts/get', { name, arguments: { who: 'x' } });
      expectSame(await got(denied), await got(missing));
      expect(errorOf(await got(denied))).toMatchObject({ code: -32602 });
      const completed = (name: string): Promise<Answer> => {
        const params = { ref: { type: 'ref/prompt', name }, argument: { name: 'who', value: '' } };
        return side.caller.call('completion/complete', params);
      };
      expectSame(await completed(denied), await completed(missing));
    }),
  ),
  feature(
    'resources and templates that the rules deny',
    'is refused: not listed, not read, not subscribed to, not completed',
    onBoth(async (side, _server, { cell }) => {
      const { caller } = side;
      await expectNoSecret(side, 'resources/list', 'resources');
      await expectNoSecret(side, 'resources/templates/list', 'resourceTemplates');
      const code = cell.caller === 'modern' ? -32602 : -32002;
      // `a` is listed by the server, `b` comes from its template, and the bare URI says no server.
      for (const uri of [
        side.uri('test://secret/a'),
        side.uri('test://secret/b'),
        'test://secret/a',
        'test://secret/b',
      ]) {
        const error = { code, message: 'Resource not found', data: { uri } };
        expect(errorOf(await caller.call('resources/read', { uri })), uri).toEqual(error);
        if (cell.caller === 'legacy') {
          expect(errorOf(await caller.call('resources/subscribe', { uri })), uri).toEqual(error);
          continue;
        }
        const from = caller.heard.length;
        const open = caller.start('subscriptions/listen', { notifications: { resourceSubscriptions: [uri] } });
        const { message } = await caller.hears(
          ({ method }) => method === 'notifications/subscriptions/acknowledged',
          from,
        );
        expect(message.params?.['notifications'], uri).toEqual({});
        open.cancel();
      }
      const ref = { type: 'ref/resource', uri: side.uri('test://secret/{id}') };
      const params = { ref, argument: { name: 'id', value: '' } };
      expect(errorOf(await caller.call('completion/complete', params))).toMatchObject({ code: -32602 });
    }),
  ),
  feature(
    'pages of lists of which the rules deny everything',
    'is refused: not shown, and no cursor leads to them',
    async (bench) => {
      const { caller } = await bench.at('one');
      const page = async (): Promise<object> => {
        const { resources, nextCursor, ...result } = resultOf(await caller.call('resources/list')) as {
          resources: { uri: string }[];
          nextCursor?: string;
        };
        const many = resources.some(({ uri }) => uri.includes('many'));
        return { many, nextCursor, isFirst: Object.hasOwn(result, 'x-before') };
      };
      expect(await page()).toEqual({ many: true, nextCursor: expect.any(String), isFirst: true });
      // The second page and the third have nothing else.
      for (const denied of ['test://many/*', '*'])
        await bench.denying({ resources: { one: [denied] } }, async () => {
          expect(await page()).toEqual({ many: false, nextCursor: undefined, isFirst: true });
        });
    },
    { view: 'single' },
  ),
  feature(
    'updates of resources that the rules deny since',
    'is refused: not told',
    onBoth(async (side, server, bench) => {
      const { caller } = side;
      const uri = side.uri('test://watched/a');
      const other = side.uri('test://watched/b');
      const open =
        bench.cell.caller === 'modern'
          ? caller.start('subscriptions/listen', { notifications: { resourceSubscriptions: [uri, other] } })
          : undefined;
      if (open === undefined)
        for (const one of [uri, other]) resultOf(await caller.call('resources/subscribe', { uri: one }));
      else
        await caller.hears(
          ({ params }) => JSON.stringify(params ?? {}).includes(`"resourceSubscriptions":["${uri}"`),
          0,
        );
      await bench.denying({ resources: { [server]: ['test://watched/a'] } }, async () => {
        const from = caller.heard.length;
        for (const name of ['a', 'b'])
          said(await side.tool('change', { kind: 'resource', uri: `test://watched/${name}` }));
        const told = ({ message }: { message: { params?: Readonly<Record<string, unknown>> } }): unknown =>
          message.params?.['uri'];
        await caller.hears(({ params }) => params?.['uri'] === other, from);
        expect(caller.heard.slice(from).map(told)).not.toContain(uri);
      });
      open?.cancel();
    }),
  ),
];
