import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { type HostProxy, openHostProxy } from './host-proxy.ts';
import { addressesOf, namedTarget } from './named-hosts.ts';

const HOSTS = new Set(['api.example.com:443', 'odd.example.com:8443']);

it.each([
  ['the name', 'api.example.com:443'],
  ['other letters', 'API.Example.COM:443'],
  ['a final full stop', 'api.example.com.:443'],
  ['its own port', 'odd.example.com:8443'],
])('takes %s', (_, authority) => {
  expect(namedTarget(authority, HOSTS)).toBeDefined();
});

it.each([
  ['another name', 'example.com:443'],
  ['a name below', 'x.api.example.com:443'],
  ['a name that ends like it', 'evil-api.example.com:443'],
  ['another port', 'api.example.com:22'],
  ['the usual port of a host with an odd one', 'odd.example.com:443'],
  ['no port', 'api.example.com'],
  ['an odd port', 'api.example.com:0443x'],
  ['a port that is too large', 'api.example.com:65979'],
  ['IPv4', '93.184.216.34:443'],
  ['IPv4 as one number', '2130706433:443'],
  ['IPv4 in hex', '0x7f.1:443'],
  ['IPv6', '[::1]:443'],
  ['IPv6 with IPv4', '[::ffff:169.254.169.254]:443'],
  ['a user', 'user@api.example.com:443'],
  ['a path', 'api.example.com:443/x'],
  ['a line end', 'api.example.com:443\r\nX: y'],
  ['a zero', 'api.example.com\0:443'],
  ['a Unicode full stop', 'api\u3002example.com:443'],
  ['nothing', ''],
])('refuses %s', (_, authority) => {
  expect(namedTarget(authority, HOSTS)).toBeUndefined();
});

it.each([
  ['loopback', '127.0.0.1'],
  ['metadata of clouds', '169.254.169.254'],
  ['a private network', '10.0.0.8'],
  ['IPv6 loopback', '::1'],
  ['a mapped address', '::ffff:127.0.0.1'],
  ['a unique local address', 'fd00::1'],
])('a name that also leads to %s has no address', async (_, address) => {
  expect(await addressesOf('api.example.com', async () => ['93.184.216.34', address])).toEqual([]);
  expect(await addressesOf('api.example.com', async () => ['93.184.216.34'])).toEqual(['93.184.216.34']);
});

const folder = mkdtempSync(join(tmpdir(), 'proxy-'));
const path = join(folder, 's');
afterAll(() => rmSync(folder, { recursive: true }));
let proxy: HostProxy | undefined;
afterEach(() => proxy?.close());

/** Asks the proxy for a tunnel, and for one answer through it. */
function ask(authority: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, method: 'CONNECT', path: authority, agent: false });
    asked.once('error', reject);
    asked.once('connect', ({ statusCode }, socket) => {
      if (statusCode !== 200) {
        socket.destroy();
        return resolve(String(statusCode));
      }
      socket.once('data', (bytes: Buffer) => {
        socket.destroy();
        resolve(String(bytes));
      });
      socket.write('hello');
    });
    asked.end();
  });
}

it('looks a name up once and connects to that address; whoever answers otherwise the second time is not asked', async () => {
  const server = createServer((socket) => socket.on('data', (bytes) => socket.end(`echo ${bytes}`)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const find = vi.fn(async () => (find.mock.calls.length === 1 ? ['127.0.0.1'] : ['169.254.169.254']));
  const isPublic = (address: string): boolean => address === '127.0.0.1';
  const warn = vi.fn();
  const hosts = new Set([`api.example.com:${port}`]);
  proxy = await openHostProxy({ path, hosts, warn, find, isPublic });
  expect(await ask(`api.example.com:${port}`)).toBe('echo hello');
  expect(find).toHaveBeenCalledTimes(1);
  expect(await ask(`api.example.com:${port}`)).toBe('502');
  expect(await ask(`127.0.0.1:${port}`)).toBe('403');
  expect(warn).toHaveBeenLastCalledWith(expect.stringContaining('does not name'), { host: `127.0.0.1:${port}` });
  server.close();
});

it('answers nothing but CONNECT', async () => {
  proxy = await openHostProxy({ path, hosts: HOSTS, warn: vi.fn() });
  const status = await new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, path: 'http://api.example.com/', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject);
    asked.end();
  });
  expect(status).toBe(405);
});
