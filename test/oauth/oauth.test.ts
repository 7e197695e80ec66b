/** Servers behind OAuth, from the first call to the last token: a real authorization server, and a person with a browser. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LastPage, openBrowser, signIn } from '../support/browser.ts';
import { launch, type StdioGateway, serveStdio } from '../support/gateway.ts';
import { type Home, makeHome, servers } from '../support/home.ts';
import { runCli } from '../support/process.ts';
import { type ProtectedServer, startProtected } from '../support/protected.ts';
import { MODERN } from '../support/rpc.ts';
import { type SignInServer, startSignInServer } from '../support/sign-in-server.ts';
import { errorOf, execute, executeText, type ToolResult } from '../support/tools.ts';

const DAY_MS = 86_400_000;

let browser: Browser;
let issuer: SignInServer;
let server: ProtectedServer;
let home: Home;
let gateway: StdioGateway;
/** All that the gateways of this file wrote to standard output and error. */
const written: string[] = [];

/** Debug mode, so that as much as possible is written; and what is written when a process is asked for its state. */
const start = (revision: string): Promise<StdioGateway> => {
  const options = `--report-on-signal --report-directory=${home.dir}`;
  return serveStdio({ home, args: ['--debug'], env: { NODE_OPTIONS: options } }, revision);
};

/** Ends a gateway the way a client does; its home stays. */
async function end({ running, rpc }: StdioGateway): Promise<void> {
  running.child.stdin?.end();
  expect((await running.exited).code).toBe(0);
  written.push(running.stderr(), ...rpc.lines);
}

const echo = (text: string, from = gateway): Promise<ToolResult> =>
  execute(from.rpc, { server: 'notes', tool: 'echo', args: { text } });

const echoed = (text: string, from = gateway): Promise<string> =>
  executeText(from.rpc, { server: 'notes', tool: 'echo', args: { text } });

/** The link that a call is answered with. */
async function linkOf(call: Promise<ToolResult>): Promise<string> {
  const { code, message } = errorOf(await call);
  expect(code).toBe('AUTH_REQUIRED');
  return /https?:\S+$/.exec(message)?.[0] ?? message;
}

/** From now on the server answers 401 to the token in use. */
const retire = (): void => void server.revoked.add(issuer.last.access);

beforeAll(async () => {
  browser = await openBrowser();
  issuer = await startSignInServer();
  server = await startProtected(issuer, 'modern');
  home = makeHome({
    // An agent may have three quarters of these.
    servers: servers({ notes: { url: server.url, max_concurrent: 160 } }),
    rules: { agents: { default: { allow: { servers: ['*'] } } } },
  });
  gateway = await start(MODERN);
});
afterAll(async () => {
  // Undefined where there is no browser.
  await browser?.close();
  if (gateway === undefined) return;
  await end(gateway);
  await Promise.all([server.stop(), issuer.stop()]);
  home.remove();
});

it('doctor says how to sign in where nobody is', async () => {
  const rules = { agents: { default: { allow: { servers: ['*'] } } } };
  const fresh = makeHome({ servers: servers({ notes: { url: server.url } }), rules });
  const { code, stdout } = await runCli(['doctor', 'notes'], { env: fresh.env, cwd: fresh.cwd });
  expect(stdout).toContain('Fix: Sign in: agent-mcp-gateway auth login notes\n');
  expect(code).toBe(4);
  fresh.remove();
});

describe('signing in', () => {
  let last: LastPage;

  it('is what the first call asks for, with a link; then calls work', async () => {
    const link = await linkOf(echo('first'));
    expect(await linkOf(echo('again'))).toBe(link);
    expect(server.subjects).toEqual([]);
    last = await signIn(browser, link, 'alice');
    expect(last.heading).toBe('You are signed in');
    expect(await echoed('hello')).toContain('hello');
    expect(new Set(server.subjects)).toEqual(new Set(['alice']));
    expect(issuer.grants).toEqual(['authorization_code']);
  });

  it('ends on a page that runs and loads nothing', () => {
    expect(last.scripts).toBe(0);
    expect(last.headers['content-security-policy']).toMatch(/default-src 'none'/);
    expect(last.headers['referrer-policy']).toBe('no-referrer');
    expect(last.headers['cache-control']).toBe('no-store');
  });

  it('takes one answer, and then listens no more', async () => {
    await expect(fetch(last.url)).rejects.toThrow('fetch failed');
    expect(issuer.grants).toEqual(['authorization_code']);
  });

  it('is kept where only its user can read it, encrypted', () => {
    const folder = path.join(home.dir, 'config/agent-mcp-gateway/credentials');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const files = readdirSync(folder);
    expect(files).toHaveLength(2);
    for (const name of files) expect([name, statSync(path.join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
  });
});

describe('a token that ends', () => {
  it('is renewed once, though a hundred calls are refused at the same time', async () => {
    retire();
    const { refusals } = server;
    const grants = issuer.grants.length;
    const gathered = server.gather(100);
    const calls = Promise.all(Array.from({ length: 100 }, (_, n) => echoed(`call ${n}`)));
    await gathered;
    expect((await calls).filter((text, n) => text.includes(`call ${n}`))).toHaveLength(100);
    expect(server.refusals - refusals).toBe(100);
    expect(issuer.grants.slice(grants)).toEqual(['refresh_token']);
  });

  it('is renewed before anybody is refused', async () => {
    issuer.ttl.access = 3;
    retire();
    await echoed('before');
    const { refusals } = server;
    const grants = issuer.grants.length;
    const old = issuer.last.refresh;
    issuer.ttl.access = 3600;
    await vi.waitUntil(async () => (await echoed('now')) && issuer.grants.length > grants, { timeout: 20_000 });
    expect(await echoed('later')).toContain('later');
    expect(issuer.grants.slice(grants)).toEqual(['refresh_token']);
    expect(issuer.last.refresh).not.toBe(old);
    expect(server.refusals).toBe(refusals);
  });

  it('is renewed by one of two gateways, and used by both', async () => {
    const other = await start('2025-11-25');
    expect(await echoed('other', other)).toContain('other');
    const grants = issuer.grants.length;
    retire();
    const gathered = server.gather(40);
    const calls = Promise.all(Array.from({ length: 40 }, (_, n) => echoed(`call ${n}`, n % 2 ? gateway : other)));
    await gathered;
    expect(await calls).toHaveLength(40);
    expect(issuer.grants.slice(grants)).toEqual(['refresh_token']);
    await end(other);
  });

  it('is still there when the authorization server fails', async () => {
    const grants = issuer.grants.length;
    retire();
    // A refusal of another kind asks for a sign-in, and wipes nothing either.
    for (const [status, code] of [
      [503, 'SERVER_UNAVAILABLE'],
      [400, 'AUTH_REQUIRED'],
      [429, 'SERVER_UNAVAILABLE'],
    ] as const) {
      issuer.failures.push(status);
      expect(errorOf(await echo('fails')).code).toBe(code);
    }
    expect(await echoed('works')).toContain('works');
    expect(issuer.grants.slice(grants)).toEqual(['refresh_token']);
  });
});

describe('a gateway that starts again', () => {
  it('is still signed in', async () => {
    const grants = issuer.grants.length;
    await end(gateway);
    gateway = await start('2025-11-25');
    expect(await echoed('after')).toContain('after');
    expect(issuer.grants).toHaveLength(grants);
  });
});

describe('a sign-in that is over', () => {
  const signInAgain = async (name: string): Promise<void> => {
    await signIn(browser, await linkOf(echo('link')), name);
    expect(await echoed(name)).toContain(name);
    expect(server.subjects.at(-1)).toBe(name);
  };

  it('because its refresh token expired asks for another one, and does not loop', async () => {
    const grants = issuer.grants.length;
    retire();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * DAY_MS });
    try {
      await linkOf(echo('expired'));
      await linkOf(echo('expired'));
    } finally {
      vi.useRealTimers();
    }
    expect(issuer.grants.slice(grants)).toEqual([expect.stringMatching(/^!refresh_token/)]);
    await signInAgain('bob');
  });

  it('because somebody revoked it asks for another one', async () => {
    const grants = issuer.grants.length;
    await issuer.revoke(issuer.last.refresh, issuer.last.client);
    retire();
    const calls = await Promise.all([1, 2, 3, 4, 5].map((n) => linkOf(echo(`${n}`))));
    expect(new Set(calls).size).toBe(1);
    expect(issuer.grants.slice(grants)).toEqual([expect.stringMatching(/^!refresh_token/)]);
    await signInAgain('carol');
  });
});

describe('the commands of the owner', () => {
  const auth = async (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> => {
    const result = await runCli(['auth', ...args], { env: home.env, cwd: home.cwd });
    written.push(result.stdout, result.stderr);
    return result;
  };

  it('end a sign-in, here, at the authorization server and in running gateways', async () => {
    const [signedIn] = JSON.parse((await auth('status', '--json')).stdout) as Record<string, unknown>[];
    expect(signedIn).toMatchObject({ server: 'notes', state: 'signed-in', issuer: issuer.url, renews: true });
    const { refresh } = issuer.last;
    expect((await auth('logout', 'notes')).stdout).toBe('Signed out of "notes".\n');
    expect(JSON.parse((await auth('status', '--json')).stdout)).toMatchObject([{ server: 'notes', state: 'none' }]);
    expect(await issuer.isGood(refresh)).toBe(false);
    const grants = issuer.grants.length;
    retire();
    await linkOf(echo('over'));
    expect(issuer.grants).toHaveLength(grants);
  });

  it('sign in for gateways that run', async () => {
    const { running } = launch(['auth', 'login', 'notes', '--no-browser'], { home });
    const [link] = await running.waitForStderr(/http:\/\/\S+/);
    await signIn(browser, link, 'dave');
    expect((await running.exited).code).toBe(0);
    written.push(running.stderr());
    expect(await echoed('dave')).toContain('dave');
    expect(server.subjects.at(-1)).toBe('dave');
  });
});

describe('what nobody shall know', () => {
  it('is in no output, no file and no report of a process', async () => {
    const reports = (): string[] => readdirSync(home.dir).filter((name) => name.startsWith('report.'));
    // Older versions cannot leave the environment out, and write none.
    const areWritten = 'excludeEnv' in process.report;
    gateway.running.child.kill('SIGUSR2');
    if (areWritten)
      await vi.waitUntil(() => reports().length > 0 && gateway.running.stderr().includes('Node.js report completed'));
    written.push(gateway.running.stderr(), ...gateway.rpc.lines);
    const files = readdirSync(home.dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'));
    const all = [...written, ...files].join('\n');
    expect(all).toContain('"operation":"execute_tool"');
    expect(all.includes('"javascriptHeap"')).toBe(areWritten);
    // The readable part of a stored sign-in.
    expect(all).toContain(`"issuer":"${issuer.url}"`);
    expect(issuer.secrets.size).toBeGreaterThan(20);
    const found = [...issuer.secrets].filter(
      (secret) => all.includes(secret) || all.includes(encodeURIComponent(secret)),
    );
    expect(found).toEqual([]);
  });
});
