/** Lists of servers that are not what they should be hide nothing of the other servers. */

import process from 'node:process';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterEach, describe, expect, it } from 'vitest';
import { type Gateway, serveStdio } from '../support/gateway.ts';
import { makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture, fixturePath, program } from '../support/paths.ts';
import { until } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { callTool } from '../support/tools.ts';

const LEGACY = '2025-11-25';
const sloppy = (...flags: string[]): object => ({ command: process.execPath, args: [fixturePath('sloppy'), ...flags] });
const RULES = withPrincipals({ default: { allow: { servers: ['*'] }, expose: 'direct' } });

let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.stop();
  gateway = undefined;
});

describe.each(['sdk 1', 'sdk 2'])('%s', (version) => {
  it('takes the lists of all servers', async () => {
    const home = makeHome({ servers: servers({ calc: fixture('calc'), sloppy: sloppy() }), rules: RULES });
    const parameters = {
      command: process.execPath,
      args: [...program],
      env: home.env,
      cwd: home.cwd,
      stderr: 'ignore' as const,
    };
    const info = { name: 'e2e', version: '1' };
    const client = version === 'sdk 1' ? new ClientV1(info) : new ClientV2(info);
    if (client instanceof ClientV1) await client.connect(new StdioV1(parameters));
    else await client.connect(new StdioV2(parameters));
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('calc__add');
    expect(names.filter((name) => name.startsWith('sloppy__'))).toEqual(
      ['fine', 'php', 'bare', 'typed', 'python', 'openapi', 'noted'].map((name) => `sloppy__${name}`),
    );
    expect((await client.listPrompts()).prompts).toEqual([{ name: 'sloppy__p', arguments: [{ name: 'a' }] }]);
    expect((await client.listResources()).resources).toEqual([{ uri: 'mcp://sloppy/a:b', name: 'a:b' }]);
    await client.close();
    home.remove();
  });
});

it.each([LEGACY, MODERN])('%s: the log says what is left out, and it can be called all the same', async (revision) => {
  const started = await serveStdio({ servers: servers({ sloppy: sloppy() }), rules: RULES }, revision);
  gateway = started;
  await started.rpc.call('tools/list');
  await started.running.waitForStderr(/Tool \\"text\\" is left out of the direct view: its inputSchema/);
  expect((await callTool(started.rpc, 'sloppy__text')).isError).not.toBe(true);
});

it('tools that their server does not announce are there, and the log says so', async () => {
  const started = await serveStdio({ servers: servers({ sloppy: sloppy('silent') }), rules: RULES }, LEGACY);
  gateway = started;
  const { message } = await started.rpc.call('tools/list');
  expect(message.result?.['tools']).toHaveLength(7);
  await started.running.waitForStderr(/declares no capability/);
});

it('a server that announces other tools with every list makes no circle', async () => {
  const started = await serveStdio({ servers: servers({ sloppy: sloppy('storm') }), rules: RULES }, LEGACY);
  gateway = started;
  const { rpc } = started;
  let heard = 0;
  rpc.listen(({ method }) => {
    if (method === 'notifications/tools/list_changed') heard++;
  });
  await rpc.call('tools/list');
  await until(() => heard > 0, 'the change is told');
  // As clients do, it lists again whenever it is told. Told each time, it would do so some twenty times.
  let told = 0;
  for (const began = performance.now(); performance.now() - began < 2_000; ) {
    await until(() => heard > told || performance.now() - began >= 2_000, 'something is told, or the time is over');
    told = heard;
    await rpc.call('tools/list');
  }
  expect(heard).toBeLessThan(9);
});
