/** A server answers a call with an error of the protocol: `execute_tool` has failed then, and direct calls get the error as it is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { servers, TOKEN } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { MODERN } from '../support/rpc.ts';
import { errorOf, resultOf } from '../support/tools.ts';
import { DIRECT, DISCOVERY, SINGLE, viewRules } from '../support/views.ts';

let gateway: HttpGateway;
beforeAll(async () => {
  gateway = await serveHttp({ servers: servers({ failing: fixture('failing') }), rules: viewRules() });
});
afterAll(() => gateway.stop());

const ERRORS = [
  '{"code":-32603,"message":"Something broke"}',
  '{"code":-32602,"message":"Missing argument \\"id\\""}',
  '{"code":-32601,"message":"Unknown tool"}',
  '{"code":7,"message":""}',
  '{"code":-31999,"message":"Exact \\u00e9","data":{"big":12345678901234567890,"list":[1.0,{"a":null}]}}',
];

describe.each(['2025-06-18', '2025-11-25', MODERN])('for a caller of %s', (revision) => {
  it.each(ERRORS)('%s', async (error) => {
    const rpc = await openHttp(gateway.url, revision, { token: TOKEN });
    const answer = await rpc.call('tools/call', DISCOVERY.call('failing', 'fail', { error }));
    expect(errorOf(resultOf(answer))).toEqual(JSON.parse(error));
    expect(JSON.parse(answer.text.includes('12345678901234567890') ? '1' : '0')).toBe(error.includes('big') ? 1 : 0);
    for (const view of [DIRECT, SINGLE]) {
      const direct = await openHttp(gateway.origin + view.path('failing'), revision, { token: view.token });
      const { message } = await direct.call('tools/call', view.call('failing', 'fail', { error }));
      expect(message.error).toEqual(JSON.parse(error));
    }
  });
});

const ASKS = '{"code":-32042,"message":"Open a page","data":{"elicitations":[]}}';

it('what a client acts on itself reaches it: a page to open, where it says that it opens pages', async () => {
  const params = DISCOVERY.call('failing', 'fail', { error: ASKS });
  const opens = await openHttp(gateway.url, '2025-11-25', { token: TOKEN, capabilities: { elicitation: { url: {} } } });
  expect((await opens.call('tools/call', params)).message.error).toEqual(JSON.parse(ASKS));
  for (const capabilities of [{}, { elicitation: {} }, { elicitation: { form: {} } }]) {
    const other = await openHttp(gateway.url, '2025-11-25', { token: TOKEN, capabilities });
    expect(errorOf(resultOf(await other.call('tools/call', params))).code).toBe(-32042);
  }
});
