import { expect, test } from 'vitest';
import { proxyFor } from './egress-proxy.ts';

const via = (address: string, env: Record<string, string>): string | undefined =>
  proxyFor(new URL(address), env)?.url.origin;

const P = 'http://proxy.corp:3128';
const Q = 'http://other.corp:8080';

test.each<[string, Record<string, string>, string | undefined]>([
  ['https://a.example', { HTTPS_PROXY: P }, P],
  ['https://a.example', { https_proxy: P }, P],
  ['https://a.example', { https_proxy: P, HTTPS_PROXY: Q }, P],
  ['https://a.example', { https_proxy: '', HTTPS_PROXY: Q }, Q],
  ['https://a.example', { HTTP_PROXY: P }, undefined],
  ['http://a.example', { HTTPS_PROXY: P }, undefined],
  ['http://a.example', { HTTP_PROXY: P }, P],
  ['http://a.example', { ALL_PROXY: P }, P],
  ['https://a.example', { all_proxy: P, HTTPS_PROXY: Q }, Q],
  ['https://a.example', { HTTPS_PROXY: 'proxy.corp:3128' }, P],
  ['https://a.example', { HTTPS_PROXY: 'https://proxy.corp' }, 'https://proxy.corp'],
  ['https://a.example', { HTTPS_PROXY: ' ' }, undefined],
  ['https://a.example', { HTTPS_PROXY: `"${P}"` }, P],
  ['https://a.example', { HTTPS_PROXY: ` '${P}' ` }, P],
  ['https://a.example', { HTTPS_PROXY: '""', ALL_PROXY: Q }, Q],
  ['https://a.example', {}, undefined],
])('%s with %j is reached by %s', (address, env, expected) => {
  expect(via(address, env)).toBe(expected);
});

test.each([
  ['https://a.example', 'a.example', true],
  ['https://b.a.example', 'a.example', true],
  ['https://ba.example', 'a.example', false],
  ['https://b.a.example', '.a.example', true],
  ['https://b.a.example', '*.a.example', true],
  ['https://A.example.', 'a.EXAMPLE', true],
  ['https://a.example', '*', true],
  ['https://a.example', 'x.example, a.example', true],
  ['https://a.example', 'x.example a.example', true],
  ['https://a.example', 'a.example:443', true],
  ['https://a.example:8443', 'a.example:443', false],
  ['http://a.example', 'a.example:80', true],
  ['https://10.1.2.3', '10.0.0.0/8', true],
  ['https://11.1.2.3', '10.0.0.0/8', false],
  ['https://10.1.2.3', '10.1.2.3', true],
  ['https://10.1.2.3:9', '10.1.2.3:9', true],
  ['https://10.1.2.3', '10.1.2.3:9', false],
  ['https://10.1.2.30', '10.1.2.3', false],
  ['https://[2001:db8::1]', '2001:db8::/32', true],
  ['https://[2001:db8::1]', '2001:db8::1', true],
  ['https://[2001:db8::1]:9', '[2001:db8::1]:9', true],
  ['https://[2001:db9::1]', '2001:db8::/32', false],
  ['https://a.example', '10.0.0.0/8', false],
  ['https://a.example', '10.0.0.0/99', false],
  ['https://a.example', ',,', false],
  ['https://a.example', 'example.', true],
  ['http://localhost:1', '', true],
  ['http://127.0.0.1:1', '', true],
  ['http://[::1]:1', '', true],
  ['http://x.localhost:1', '', true],
])('%s and NO_PROXY=%j: reached directly: %s', (address, list, isDirect) => {
  expect(via(address, { ALL_PROXY: P, NO_PROXY: list })).toBe(isDirect ? undefined : P);
  expect(via(address, { ALL_PROXY: P, no_proxy: list })).toBe(isDirect ? undefined : P);
});

test('its user name and password are a header, and nowhere else', () => {
  const found = proxyFor(new URL('https://a.example'), { HTTPS_PROXY: 'http://us%40er:pa%3Ass@proxy.corp:1' });
  expect(found?.authorization).toBe(`Basic ${Buffer.from('us@er:pa:ss').toString('base64')}`);
  expect(found?.url.href).toBe('http://proxy.corp:1/');
});

test.each(['socks5://127.0.0.1:1080', 'ftp://x', 'http://', 'http://a b'])('%s says what to change', (HTTPS_PROXY) => {
  const reach = (): unknown => proxyFor(new URL('https://a.example'), { HTTPS_PROXY });
  expect(reach).toThrow(/^HTTPS_PROXY of .* name a\.example in NO_PROXY/);
});

test.each([
  ['user:word', 'user:word'],
  ['us%40er:p%3Ass', 'us@er:p:ss'],
  ['user:50%off', 'user:50%off'],
  ['user:%C3%BC%ff', 'user:%C3%BC%ff'],
  ['user', 'user:'],
])('user and password in the address of a proxy, %s, are %s', (written, meant) => {
  const env = { HTTPS_PROXY: `http://${written}@proxy.corp:3128` };
  const { authorization = '' } = proxyFor(new URL('https://a.example'), env) ?? {};
  expect(Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()).toBe(meant);
});
