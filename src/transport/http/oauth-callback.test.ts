import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { LoopbackName } from '../../config/oauth-definition.ts';
import { GatewayError } from '../../shared/errors.ts';
import { listenForCallback } from './oauth-callback.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const callback of open.splice(0)) callback.close();
});

async function listen(
  receive: (answer: URLSearchParams, at: string) => Promise<string>,
  port = 0,
  host: LoopbackName = '127.0.0.1',
) {
  const callback = await listenForCallback(port, host, receive);
  open.push(callback);
  return callback;
}

function ask(url: string, options: { method?: string; host?: string } = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = options.host === undefined ? {} : { host: options.host };
    const sent = request(url, { method: options.method ?? 'GET', headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject).end();
  });
}

test('hands over the query of its own address, and shows what came of it', async () => {
  const seen: string[] = [];
  const { redirectUri } = await listen(async (answer, at) => {
    seen.push(String(answer), at);
    return 'a<b';
  });
  const { status, text } = await ask(`${redirectUri}?code=c&state=s`);
  expect([status, seen]).toEqual([200, ['code=c&state=s', redirectUri]]);
  expect(text).toContain('a&#60;b');
});

test.each([
  ['another path', { path: '/other?code=c' }],
  ['no query', { path: '/callback' }],
  ['another method', { method: 'POST' }],
  ['another name for this address', { host: 'evil.example:80' }],
  ['another name for this machine', { host: 'localhost' }],
])('takes nothing under %s', async (_name, { path = '/callback?code=c', ...options }: { path?: string } & object) => {
  let taken = 0;
  const { redirectUri } = await listen(async () => String(++taken));
  const { status } = await ask(new URL(path, redirectUri).href, options);
  expect([status, taken]).toEqual([404, 0]);
});

test('shows the sentences of known failures, and nothing of others', async () => {
  const failures = [new GatewayError('AUTH_REQUIRED', 'Ask for a new link.'), new Error('secret inside')];
  const { redirectUri } = await listen(async () => Promise.reject(failures.shift()));
  expect(await ask(`${redirectUri}?a`)).toMatchObject({ status: 400, text: expect.stringContaining('a new link') });
  expect((await ask(`${redirectUri}?a`)).text).not.toContain('secret');
  expect((await ask(`${redirectUri}?a=${'x'.repeat(9_000)}`)).text).toContain('too long');
});

test('may be called localhost, and is called nothing else then', async () => {
  const { redirectUri } = await listen(async (_answer, at) => at, 0, 'localhost');
  expect(redirectUri).toMatch(/^http:\/\/localhost:\d+\/callback$/);
  const there = redirectUri.replace('localhost', '127.0.0.1');
  const { host } = new URL(redirectUri);
  expect(await ask(`${there}?code=c`, { host })).toMatchObject({ status: 200 });
  expect(await ask(`${there}?code=c`)).toMatchObject({ status: 404 });
});

test('says which port is taken', async () => {
  const { redirectUri } = await listen(async () => '');
  await expect(listen(async () => '', Number(new URL(redirectUri).port))).rejects.toMatchObject({
    code: 'CANNOT_LISTEN',
    message: expect.stringContaining('redirectPort'),
  });
});
