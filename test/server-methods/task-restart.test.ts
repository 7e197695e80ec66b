/** Tasks after a restart of the gateway: whoever has an id can go on with it, where the server still knows the task. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { fileText, type Home, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { type HttpRpc, openHttp } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { startHttpFixture, until } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { DISCOVERY, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const OTHER_TOKEN = `${TOKEN}-of-another`;
const TASKS = 'io.modelcontextprotocol/tasks';
const ABLE = { meta: { 'io.modelcontextprotocol/clientCapabilities': { extensions: { [TASKS]: {} } } } };
const RULES = viewRules({}, {}, { another: { token_sha256: sha256(OTHER_TOKEN), may_assume: ['*'] } });

type Fields = Readonly<Record<string, unknown>>;

/** Two gateways after each other, with the same home. */
async function restarted(home: Home, first: (gateway: HttpGateway) => Promise<void>): Promise<HttpGateway> {
  const gateway = await serveHttp({ home });
  await first(gateway);
  await gateway.running.stop('SIGTERM');
  return serveHttp({ home });
}

it('2026-07-28: a task of before is followed and cancelled by its principal, and by nobody else', async () => {
  const suite = await startHttpFixture('conformance-server', 'modern', 'http');
  const home = makeHome({ servers: servers({ suite: { url: suite.url } }), rules: RULES });
  const ids: string[] = [];
  const ask = async (rpc: HttpRpc, method: string, taskId: string | undefined): Promise<unknown> => {
    const { result, error } = (await rpc.call(method, { taskId }, ABLE)).message;
    return error?.code ?? result?.['status'] ?? result?.['resultType'];
  };
  const gateway = await restarted(home, async ({ url }) => {
    const rpc = await openHttp(url, MODERN, { token: TOKEN });
    for (const seconds of [0, 600]) {
      const call = DISCOVERY.call('suite', 'slow_compute', { seconds, label: 'x' });
      ids.push(String((await rpc.call('tools/call', call, ABLE)).message.result?.['taskId']));
    }
  });
  const [quick, long] = ids;
  const other = await openHttp(gateway.url, MODERN, { token: OTHER_TOKEN });
  for (const method of ['tasks/get', 'tasks/cancel']) expect(await ask(other, method, long)).toBe(-32602);
  const rpc = await openHttp(gateway.url, MODERN, { token: TOKEN });
  expect(await ask(rpc, 'tasks/get', quick)).toBe('completed');
  expect(await ask(rpc, 'tasks/cancel', long)).toBe('complete');
  expect(await ask(rpc, 'tasks/get', long)).toBe('cancelled');
  await gateway.stop();
  await suite.stop('SIGTERM');
});

it('2025-11-25: likewise; an id that the server gave to another task since is not the old one', async () => {
  const home = makeHome({ rules: RULES });
  const file = path.join(home.dir, 'jobs.json');
  const entry = { command: process.execPath, args: [fixturePath('jobs'), file], sharing: 'shared' };
  writeFileSync(home.servers, fileText(servers({ jobs: entry })));
  const ask = async (rpc: HttpRpc, method: string, params: object): Promise<Fields> => {
    const { result, error } = (await rpc.call(method, params)).message;
    return result ?? { code: error?.code };
  };
  const start = async (rpc: HttpRpc, args: object = {}): Promise<string> => {
    const { task } = await ask(rpc, 'tools/call', { ...DISCOVERY.call('jobs', 'job', args), task: {} });
    return (task as { taskId: string }).taskId;
  };
  let taskId = '';
  let gateway = await restarted(home, async ({ url }) => {
    const rpc = await openHttp(url, LEGACY, { token: TOKEN });
    taskId = await start(rpc);
    await ask(rpc, 'tools/call', DISCOVERY.call('jobs', 'finish', { id: '1' }));
  });
  let rpc = await openHttp(gateway.url, LEGACY, { token: TOKEN });
  expect(await ask(rpc, 'tasks/result', { taskId })).toMatchObject({ content: [{ text: 'done 1' }] });
  expect(await ask(rpc, 'tasks/list', {})).toMatchObject({ tasks: [{ taskId, status: 'completed' }] });
  // Of the sessions of one principal, the one that has a task hears how it goes.
  const heard: string[][] = [];
  for (const session of [rpc, await openHttp(gateway.url, LEGACY, { token: TOKEN })]) {
    const of: string[] = [];
    heard.push(of);
    session.listen(({ method, params }) => {
      if (method === 'notifications/tasks/status')
        of.push(`${String(params?.['taskId'])} ${String(params?.['status'])}`);
    });
  }
  const next = await start(rpc);
  await ask(rpc, 'tools/call', DISCOVERY.call('jobs', 'finish', { id: '2' }));
  await until(() => heard[0]?.length === 1, 'it hears of its task');
  expect(heard).toEqual([[`${next} completed`], []]);
  await gateway.running.stop('SIGTERM');
  rmSync(file);
  gateway = await serveHttp({ home });
  const other = await openHttp(gateway.url, LEGACY, { token: OTHER_TOKEN });
  const others = await start(other, { at: '2099-01-01T00:00:00Z' });
  rpc = await openHttp(gateway.url, LEGACY, { token: TOKEN });
  for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel'])
    expect(await ask(rpc, method, { taskId })).toEqual({ code: -32602 });
  expect(await ask(other, 'tasks/get', { taskId: others })).toMatchObject({ status: 'working' });
  await gateway.stop();
});
