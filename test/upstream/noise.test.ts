/** What servers write to stdout besides messages is passed over: it ends no server, starts no clock and costs no other call. */
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StdioGateway, serveStdio } from '../support/gateway.ts';
import { servers } from '../support/home.ts';
import { fixturePath } from '../support/paths.ts';
import { MODERN } from '../support/rpc.ts';
import { errorOf, execute, executeText } from '../support/tools.ts';

const noisy = (...args: string[]) => ({ command: process.execPath, args: [fixturePath('noisy'), ...args] });
const rules = { agents: { default: { allow: { servers: ['*'] } } } };

describe.each([MODERN, '2025-11-25'])('in %s', (revision) => {
  let gateway: StdioGateway;
  beforeAll(async () => {
    const before = ['', 'megabyte', 'lines', 'latin'];
    const entries = Object.fromEntries(before.map((kind) => [`n${kind}`, noisy(kind)]));
    // The clock of the handshake starts with the first message.
    const patient = { ...noisy('lines', '1500'), handshake_timeout_ms: 500 };
    gateway = await serveStdio(
      { servers: servers({ ...entries, patient }), rules, args: ['--init-strategy', 'lazy'] },
      revision,
    );
  });
  afterAll(() => gateway.stop());

  const say = (server: string, kind: string): Promise<string> =>
    executeText(gateway.rpc, { server, tool: 'say', args: { kind } });

  it.each(['n', 'nmegabyte', 'nlines', 'nlatin', 'patient'])('%s, noisy from the start on, works', async (server) => {
    const pid = await say(server, 'none');
    expect(pid).toMatch(/^\d+$/);
    expect(await say(server, 'none')).toBe(pid);
  });

  it.each(['bom', 'nul', 'cr', 'ansi', 'ascii', 'latin', 'utf16', 'blank', 'brackets', 'banner'])(
    'an answer after %s arrives, and the server lives on',
    async (kind) => {
      const pid = await say('n', 'none');
      expect(await say('n', kind)).toBe(pid);
      expect(await say('n', 'none')).toBe(pid);
    },
  );

  it.each([
    ['latin_text', /it is not valid UTF-8.*déjà/],
    ['half_utf8', /it is not valid UTF-8/],
    ['cut', /cut/],
    ['nan', /NaN/],
  ])('an answer that cannot be read (%s) fails its own call, which is told what was seen', async (kind, seen) => {
    const pid = await say('n', 'none');
    const slow = executeText(gateway.rpc, { server: 'n', tool: 'slow', args: { kind } });
    const { code, message } = errorOf(await execute(gateway.rpc, { server: 'n', tool: 'broken', args: { kind } }));
    expect(code).toBe('SERVER_UNAVAILABLE');
    expect(message).toMatch(/sent an answer that cannot be read/);
    expect(message).toMatch(seen);
    process.kill(Number(pid), 'SIGUSR2');
    expect(await slow).toBe('slow');
    expect(await say('n', 'none')).toBe(pid);
  });
});
