/** Tokens that are bound to a key, and signing in with a code, at a real authorization server: RFC 9449 and RFC 8628. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { calculateJwkThumbprint, decodeJwt, EmbeddedJWK, jwtVerify } from 'jose';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { launch, serveStdio } from '../support/gateway.ts';
import { type Home, makeHome, servers } from '../support/home.ts';
import { type ProtectedServer, startProtected } from '../support/protected.ts';
import { MODERN } from '../support/rpc.ts';
import { type SignInServer, startSignInServer } from '../support/sign-in-server.ts';
import { executeText } from '../support/tools.ts';

const isLong = process.env['LONG'] === '1';

let browser: Browser;
let issuer: SignInServer;
let server: ProtectedServer;
let home: Home;
/** `jti` of the proofs so far. */
const proofs = new Set<string>();

const hash = (encoding: 'base64' | 'base64url', value: string): string =>
  createHash('sha256').update(value).digest(encoding);

/** As a server checks it, with nothing of the gateway's own (RFC 9449, section 4.3; MCP's DPoP profile). */
async function isProven(request: IncomingMessage, body: string, token: string, url: string): Promise<boolean> {
  const proof = request.headers['dpop'];
  if (typeof proof !== 'string') return false;
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
  });
  const { cnf } = decodeJwt(token) as { cnf?: { jkt?: string } };
  const isNew = typeof payload.jti === 'string' && !proofs.has(payload.jti);
  proofs.add(String(payload.jti));
  expect(protectedHeader.jwk).not.toHaveProperty('d');
  return (
    isNew &&
    payload['htm'] === request.method &&
    payload['htu'] === url &&
    payload['ath'] === hash('base64url', token) &&
    payload['content_digest'] === (body === '' ? undefined : `sha-256=:${hash('base64', body)}:`) &&
    cnf?.jkt === (await calculateJwkThumbprint(protectedHeader.jwk ?? {}))
  );
}

beforeAll(async () => {
  if (!isLong) return;
  browser = await openBrowser();
  issuer = await startSignInServer({ dPoP: { enabled: true }, deviceFlow: { enabled: true } });
  server = await startProtected(issuer, 'modern', isProven);
  home = makeHome({
    servers: servers({ notes: { url: server.url } }),
    rules: { agents: { default: { allow: { servers: ['*'] } } } },
  });
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), issuer?.stop()]);
  home?.remove();
});

/** Opens the page, enters the code, signs in and allows. */
async function enterCode(page: string, code: string): Promise<void> {
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(page);
  await tab.getByRole('textbox').fill(code);
  await tab.getByRole('button', { name: 'Continue' }).click();
  await tab.getByRole('button', { name: 'Continue' }).click();
  await tab.getByRole('textbox', { name: 'Name' }).fill('alice');
  await tab.getByRole('button', { name: 'Allow' }).click();
  await tab.getByRole('heading', { name: /success/i }).waitFor();
  await context.close();
}

it.runIf(isLong)('somebody signs in with a code, and the tokens work for the holder of the key alone', async () => {
  const { running } = launch(['auth', 'login', 'notes', '--device'], { home });
  const [, page = '', code = ''] = await running.waitForStderr(/^ {2}(http\S+)\n {2}(\S+)$/m);
  await enterCode(page, code);
  expect([(await running.exited).code, running.stderr()]).toEqual([0, expect.any(String)]);
  expect(issuer.grants.at(-1)).toBe('urn:ietf:params:oauth:grant-type:device_code');

  const gateway = await serveStdio({ home }, MODERN);
  const echo = (text: string): Promise<string> =>
    executeText(gateway.rpc, { server: 'notes', tool: 'echo', args: { text } });
  expect(await echo('one')).toContain('one');
  // A renewal keeps the key.
  server.revoked.add(issuer.last.access);
  expect(await echo('two')).toContain('two');
  expect(issuer.grants.at(-1)).toBe('refresh_token');
  expect(new Set(server.subjects)).toEqual(new Set(['alice']));
  const stolen = await fetch(server.url, {
    method: 'POST',
    headers: { authorization: `DPoP ${issuer.last.access}`, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(stolen.status).toBe(401);
  gateway.running.child.stdin?.end();
  await gateway.running.exited;
});
