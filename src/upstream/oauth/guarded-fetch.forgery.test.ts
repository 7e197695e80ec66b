/** Server-side request forgery: what a hostile server writes into its metadata to have the gateway ask somebody inside. */
import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createGuardedFetch } from './guarded-fetch.ts';

const CONFIGURED = new URL('https://mcp.example.com/mcp');
const PUBLIC = '1.1.1.1';

/** The addresses that names resolve to here; asking for another one is an error. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'mcp.example.com': ['127.0.0.1'],
  'mcp.example.com.': ['127.0.0.1'],
  'inside.example': ['127.0.0.1'],
  'inside.example.': ['127.0.0.1'],
  '127.0.0.1.nip.example': ['127.0.0.1'],
  'xn--bcher-kva.example': ['127.0.0.1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'six.example': ['::1'],
  'any.example': ['0.0.0.0'],
  'app.localhost': ['127.0.0.1'],
  localhost: ['127.0.0.1'],
  'localhost.': ['127.0.0.1'],
  'first-public.example': [PUBLIC, '127.0.0.1'],
  'last-public.example': ['127.0.0.1', PUBLIC],
  'metadata.google.internal': ['169.254.169.254'],
  'office.example': ['10.0.0.5'],
  'carrier.example': ['100.64.0.9'],
  'zone.example': ['fe80::1%eth0'],
  'unique.example': ['fd00::5'],
  'translated.example': ['64:ff9b::a00:1'],
  'tunnel.example': ['2002:7f00:1::1'],
};

/** Names that an attacker's resolver answers for, the configured one among them. */
const REBOUND = [
  'https://mcp.example.com:PORT/',
  'https://mcp.example.com.:PORT/',
  'https://inside.example:PORT/',
  'https://inside.example.:PORT/',
  'https://127.0.0.1.nip.example:PORT/',
  'https://mapped.example:PORT/',
  'https://six.example:PORT/',
  'https://any.example:PORT/',
  'https://last-public.example:PORT/',
];

/** Each of them comes to the canary when nobody checks: that is tried as well. */
const REACHING = [
  'https://127.0.0.1:PORT/',
  'HTTPS://127.0.0.1:PORT/',
  'https:127.0.0.1:PORT/',
  'https:/127.0.0.1:PORT/',
  String.raw`https:\\127.0.0.1:PORT/`,
  ' https://127.0.0.1:PORT/',
  'https://127.0.\n0.1:PORT/',
  'https://127.0.0.1.:PORT/',
  'https://127.1:PORT/',
  'https://127.0.1:PORT/',
  'https://2130706433:PORT/',
  'https://017700000001:PORT/',
  'https://0177.0.0.1:PORT/',
  'https://0177.0x0.0.1:PORT/',
  'https://127.000.000.001:PORT/',
  'https://0x7f000001:PORT/',
  'https://0x7f.0.0.1:PORT/',
  'https://0X7F.1:PORT/',
  'https://0.0.0.0:PORT/',
  'https://0:PORT/',
  'https://%31%32%37.0.0.1:PORT/',
  'https://１２７.０.０.１:PORT/',
  'https://①②⑦.⓪.⓪.①:PORT/',
  'https://127。0。0。1:PORT/',
  'https://[::1]:PORT/',
  'https://[0:0:0:0:0:0:0:1]:PORT/',
  'https://[0000::0001]:PORT/',
  'https://[::]:PORT/',
  'https://[::ffff:127.0.0.1]:PORT/',
  'https://[::ffff:7f00:1]:PORT/',
  'https://[0:0:0:0:0:FFFF:127.0.0.1]:PORT/',
  'https://127.0.0.1:PORT#@mcp.example.com/',
  'https://127.0.0.1:PORT?@mcp.example.com/',
  String.raw`https://127.0.0.1:PORT\@mcp.example.com/`,
  'https://localhost:PORT/',
  'https://LOCALHOST:PORT/',
  'https://localhost.:PORT/',
  'https://ｌｏｃａｌｈｏｓｔ:PORT/',
  'https://app.localhost:PORT/',
  'http://127.0.0.1:PORT/',
  'http://localhost:PORT/',
  'http://mcp.example.com:PORT/',
  'https://bücher.example:PORT/',
  ...REBOUND,
];

/** They would reach somebody else, or nobody. */
const ELSEWHERE = [
  'https://user@127.0.0.1:PORT/',
  'https://mcp.example.com@127.0.0.1:PORT/',
  'https://mcp.example.com:443@127.0.0.1:PORT/',
  'https://:password@mcp.example.com/',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://172.31.255.255/',
  'https://192.168.0.1/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://2852039166/latest/meta-data/',
  'https://0xa9fea9fe/latest/meta-data/',
  'https://0251.0376.0251.0376/latest/meta-data/',
  'https://169.254.43518/latest/meta-data/',
  'https://[::ffff:169.254.169.254]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[64:ff9b::7f00:1]:PORT/',
  'https://[64:ff9b:1::7f00:1]:PORT/',
  'https://[2002:7f00:1::1]:PORT/',
  'https://[2001:0:4136:e378:8000:63bf:80ff:fffe]:PORT/',
  'https://[::127.0.0.1]:PORT/',
  'https://[fe80::1]/',
  'https://[fec0::1]/',
  'https://[fc00::1]/',
  'https://[fd00:ec2::254]/',
  'https://[ff02::1]/',
  'https://[100::1]/',
  'https://[5f00::1]/',
  'https://100.100.100.200/latest/meta-data/',
  'https://192.0.0.192/',
  'https://168.63.129.16/machine/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://first-public.example:PORT/',
  'https://metadata.google.internal/computeMetadata/v1/',
  'https://office.example/',
  'https://carrier.example/',
  'https://zone.example/',
  'https://unique.example/',
  'https://translated.example/',
  'https://tunnel.example/',
  'http://1.1.1.1/',
  'http://169.254.169.254/latest/meta-data/',
  'ws://127.0.0.1:PORT/',
  'ftp://127.0.0.1:PORT/',
  'gopher://127.0.0.1:PORT/',
  'file:///etc/passwd',
  'data:application/json,{}',
  'blob:https://mcp.example.com/1',
  'javascript:alert(1)',
  '//127.0.0.1:PORT/',
  'https://127.0.0.1:PORT:443/',
  'https://[::1%25lo]:PORT/',
  '',
];

let port = 0;
let connections = 0;
const canaries: Server[] = [];

beforeAll(async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const canary = createServer((socket) => {
      connections++;
      socket.on('error', () => undefined).destroy();
    });
    canary.listen(port, host);
    await once(canary, 'listening');
    ({ port } = canary.address() as AddressInfo);
    canaries.push(canary);
  }
});
afterAll(() => {
  for (const canary of canaries) canary.close();
});
beforeEach(() => {
  connections = 0;
});

const addressed = (form: string): string => form.replace('PORT', String(port));

function answersOf(host: string): LookupAddress[] {
  const found = NAMES[host];
  if (found === undefined) throw new Error(`Nobody should look up ${host}`);
  return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
}

const guarded = createGuardedFetch({ configured: CONFIGURED, resolve: async (host) => answersOf(host) });

/** A fetch without any check, for which names resolve the same way. */
async function unguarded(url: string): Promise<void> {
  const lookup = (host: string, _options: object, callback: (error: null, found: LookupAddress[]) => void): void =>
    callback(null, answersOf(host));
  const agent = new Agent({ connect: { lookup } });
  await fetch(url, { dispatcher: agent }).catch(() => undefined);
  await agent.destroy();
}

describe('request forgery', () => {
  it('is tried in many forms', () => {
    expect(new Set([...REACHING, ...ELSEWHERE]).size).toBeGreaterThanOrEqual(100);
  });

  it.each(REACHING)('by %j makes no connection', async (form) => {
    await expect(guarded(addressed(form))).rejects.toThrow(/which is not asked/);
    expect(connections).toBe(0);
    await unguarded(addressed(form));
    expect(connections).toBeGreaterThan(0);
  });

  it.each(ELSEWHERE)('by %j is refused before anything is sent', async (form) => {
    const attempt = guarded(addressed(form));
    await expect(attempt).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE' });
    await expect(attempt).rejects.toThrow(/which is not asked|invalid address/);
    expect(connections).toBe(0);
  });

  // The server that redirects is on loopback here, so that it may name others there.
  it.each([...REBOUND, ...ELSEWHERE.filter((form) => !form.startsWith('//'))])(
    'by a redirect to %j makes no connection',
    async (form) => {
      const location = addressed(form);
      const redirecting = createHttpServer((_request, response) => response.writeHead(302, { location }).end());
      redirecting.listen(0, '127.0.0.1');
      await once(redirecting, 'listening');
      onTestFinished(() => void redirecting.close());
      const home = new URL(`http://127.0.0.1:${(redirecting.address() as AddressInfo).port}/`);
      const local = createGuardedFetch({ configured: home, resolve: async (host) => answersOf(host) });
      await expect(local(home)).rejects.toThrow(/which is not asked|invalid address/);
      expect(connections).toBe(0);
    },
  );
});

describe('a name that resolves to something else the next time', () => {
  it('is resolved once per connection, and connected to where it was checked', async () => {
    let reached = 0;
    const decoy = createServer((socket) => {
      reached++;
      socket.on('error', () => undefined).destroy();
    });
    decoy.listen(port, '127.0.0.2');
    await once(decoy, 'listening');
    onTestFinished(() => void decoy.close());
    const answers = ['127.0.0.2', '127.0.0.1', '127.0.0.2'];
    const asked: string[] = [];
    const rebound = createGuardedFetch({
      configured: CONFIGURED,
      isPublic: (address) => address === '127.0.0.2',
      async resolve(host) {
        asked.push(host);
        return [{ address: answers[asked.length - 1] ?? '127.0.0.1', family: 4 }];
      },
    });
    const url = `https://rebind.example:${port}/`;
    await expect(rebound(url)).rejects.toThrow(/cannot be reached/);
    expect([reached, connections, asked.length]).toEqual([1, 0, 1]);
    await expect(rebound(url)).rejects.toThrow(/which is not asked/);
    expect([reached, connections, asked.length]).toEqual([1, 0, 2]);
    await expect(rebound(url)).rejects.toThrow(/cannot be reached/);
    expect([reached, connections, asked.length]).toEqual([2, 0, 3]);
  });
});
