/** Named hosts of a sandbox (docs/sandbox.md#hosts): the whole way, with perl, which opens it in no time, and without. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { servers, withPrincipals } from '../support/home.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { noSandbox } from '../support/sandbox.ts';
import { executeText } from '../support/tools.ts';

const RULES = withPrincipals({ default: { allow: { servers: ['*'] } } });
const FIXTURES = path.dirname(fixturePath('lib'));
const folder = mkdtempSync(path.join(tmpdir(), 'hosts-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder of programs without perl. */
function withoutPerl(): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  symlinkSync('/usr/bin/bwrap', path.join(bin, 'bwrap'));
  return bin;
}

describe.skipIf(noSandbox() !== undefined)('named hosts', () => {
  /** The proxy that the gateway itself has to use: it says what it was asked for, and answers what it is sent. */
  let outside: Server;
  const asked: string[] = [];
  beforeAll(async () => {
    outside = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        asked.push(String(bytes).split(' ')[1] ?? '');
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(socket);
      });
    });
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => outside.close());

  it.each([
    ['with perl', {}],
    ['without perl', { PATH: withoutPerl() }],
  ])('are reached, also by what connects when it starts, and no others, %s', async (_, env) => {
    const sandbox = { read: [FIXTURES], network: ['api.example.com', 'odd.example.com:8443'] };
    const { port } = outside.address() as AddressInfo;
    const gateway = await serveStdio({
      servers: servers({ tunnel: { ...fixture('tunnel', { FIRST: 'api.example.com:443' }), sandbox } }),
      rules: RULES,
      env: { ...env, HTTPS_PROXY: `http://127.0.0.1:${port}` },
    });
    const ask = (tool: string, to?: string): Promise<string> =>
      executeText(gateway.rpc, { server: 'tunnel', tool, args: { to } });
    expect(await ask('first')).toBe('200 hello');
    expect(await ask('connect', 'odd.example.com:8443')).toBe('200 hello');
    expect(asked.splice(0)).toEqual(['api.example.com:443', 'odd.example.com:8443']);
    const refused = ['example.com:443', 'api.example.com:22', 'odd.example.com:443', '127.0.0.1:443', '[::1]:443'];
    for (const to of [...refused, `127.0.0.1:${port}`]) expect(await ask('connect', to)).toBe('403');
    expect(asked).toEqual([]);
    await gateway.stop();
  });
});
