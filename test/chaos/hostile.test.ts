import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StdioGateway, serveStdio } from '../support/gateway.ts';
import { makeHome, servers } from '../support/home.ts';
import { errorOf, execute, executeText, textOf } from '../support/tools.ts';
import { ANY, worker } from './support.ts';

const path = fileURLToPath(new URL('fixtures/hostile.mjs', import.meta.url));
const hostile = (mode: string) => ({
  command: process.execPath,
  args: [path],
  env: { MODE: mode },
  start_timeout_ms: mode === 'start-silent' ? 1000 : 60_000,
  handshake_timeout_ms: mode === 'start-answers' ? 1000 : 60_000,
});

/** What a call is told, or the text that it gets all the same. */
const KINDS: readonly (readonly [mode: string, code: string | undefined, told: string | RegExp])[] = [
  ['exit', 'SERVER_UNAVAILABLE', /stopped by itself \(exit status 3\)/],
  ['signal', 'SERVER_UNAVAILABLE', /was stopped by the signal SIGSEGV/],
  ['partial', 'SERVER_UNAVAILABLE', /stopped by itself \(exit status 0\)/],
  ['closed-output', 'SERVER_UNAVAILABLE', /closed its output/],
  ['closed-input', undefined, 'right'],
  ['unknown-id', undefined, 'right'],
  ['duplicate', undefined, 'right'],
  ['no-result', 'SERVER_UNAVAILABLE', /sent an answer that cannot be read/],
  ['not-json', 'SERVER_UNAVAILABLE', /sent an answer that cannot be read/],
  ['garbage', undefined, 'right'],
  ['binary', undefined, 'right'],
  ['start-silent', 'SERVER_UNAVAILABLE', /wrote no message to stdout within 1 s/],
  ['start-answers', 'SERVER_UNAVAILABLE', /did not finish the handshake within 1 s/],
  ['start-banner', undefined, 'right'],
];

let gateway: StdioGateway;
beforeAll(async () => {
  const home = makeHome({ rules: ANY });
  const bad = Object.fromEntries(KINDS.map(([mode]) => [mode, hostile(mode)]));
  writeFileSync(home.servers, JSON.stringify(servers({ calm: worker(), ...bad })));
  gateway = await serveStdio({ home, args: ['--init-strategy', 'lazy'] });
});
afterAll(() => gateway.stop());

const call = (server: string, id: string) => ({ agent_id: 'any', server, tool: 'work', args: { id } });

it.concurrent.each(KINDS)('a server with %s hurts itself alone, and is told so', async (mode, code, told) => {
  const [result, calm] = await Promise.all([
    execute(gateway.rpc, call(mode, mode)),
    executeText(gateway.rpc, call('calm', mode)),
  ]);
  expect(calm).toBe(mode);
  if (code === undefined) return expect(textOf(result)).toBe(told);
  const error = errorOf(result);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(told);
  // What did not start was sent nothing.
  const warned = / The call may have taken effect: check before you repeat it\.$/.test(error.message);
  expect(warned).toBe(!mode.startsWith('start-'));
});

it('a server that closed its input and lives is found out by the next call, and started again for the one after it', async () => {
  const next = errorOf(await execute(gateway.rpc, call('closed-input', 'next')));
  expect(next).toMatchObject({ code: 'SERVER_UNAVAILABLE', message: expect.stringContaining('closed its input') });
  expect(await executeText(gateway.rpc, call('closed-input', 'again'))).toBe('right');
});

it('a server that writes messages which answer nothing has to wait, and still answers', async () => {
  const home = makeHome({ rules: ANY });
  const chatter = fileURLToPath(new URL('fixtures/chatter.mjs', import.meta.url));
  const entries = { calm: worker(), chatter: { command: process.execPath, args: [chatter] } };
  writeFileSync(home.servers, JSON.stringify(servers(entries)));
  const front = await serveStdio({ home });
  const count = async (): Promise<number> => Number(await executeText(front.rpc, call('chatter', 'x')));
  await count();
  // Past what is read at once.
  while ((await count()) < 20_000) await executeText(front.rpc, call('calm', 'x'));
  const began = performance.now();
  const before = await count();
  while (performance.now() - began < 1000) await executeText(front.rpc, call('calm', 'x'));
  const aSecond = ((await count()) - before) / ((performance.now() - began) / 1000);
  // 5000 and what the pipe between them holds; without a limit it is over 100,000.
  expect(aSecond).toBeLessThan(15_000);
  await front.stop();
});
