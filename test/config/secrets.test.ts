/** Secrets of servers: a new value starts the servers again that use it, and none is where it does not belong. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { linesOf, makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { processesOf, runCli, until } from '../support/process.ts';
import { executeError, executeText } from '../support/tools.ts';

const CANARIES = ['first-canary-5a1f0c', 'second-canary-9e27d4'];

it('a new value starts only the servers again that use it, and is in no other environment and no output', async () => {
  const home = makeHome({
    rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
    servers: {},
  });
  const starts = (name: string): string => path.join(home.dir, `${name}.starts`);
  const entry = (name: string, env: Record<string, string>) => fixture('calc', { SPAWNS_FILE: starts(name), ...env });
  const using = entry('using', { LABEL: `\${secret:KEY}` });
  // It ends with its secret on stderr.
  const crashing = {
    command: process.execPath,
    args: ['-e', 'console.error("cannot start with", process.env.KEY); process.exit(1)'],
    env: { KEY: `\${secret:KEY}` },
  };
  const run = (args: readonly string[], input = '') => runCli(args, { env: home.env, cwd: home.cwd, input });
  const set = async (value = ''): Promise<void> =>
    void expect(await run(['secret', 'set', 'KEY'], value)).toMatchObject({ code: 0 });
  await set(CANARIES[0]);
  writeServers(home.servers, { using, other: entry('other', {}), crashing });
  const { rpc, running, stop } = await serveStdio({ home });
  const label = () => executeText(rpc, { server: 'using', tool: 'label' });
  expect(await label()).toBe(CANARIES[0]);
  expect(await executeText(rpc, { server: 'other', tool: 'label' })).toBe('none');
  expect(await executeError(rpc, { server: 'crashing', tool: 'x' })).toBe('SERVER_UNAVAILABLE');
  await set(CANARIES[1]);
  await until(async () => (await label()) === CANARIES[1], 'the server has the new value');
  expect(await executeText(rpc, { server: 'other', tool: 'label' })).toBe('none');
  expect([linesOf(starts('using')).length, linesOf(starts('other')).length]).toEqual([2, 1]);

  const holders = processesOf(home.dir).filter((pid) => hasCanary(`/proc/${pid}/environ`));
  const [other] = linesOf(starts('other')).map(Number);
  expect(holders).not.toContain(other);
  expect(holders).not.toContain(running.child.pid);
  if (existsSync('/proc/self/environ')) expect(holders).toContain(Number(linesOf(starts('using')).at(-1)));
  const listed = await run(['secret', 'list']);
  expect(listed.stdout).toBe('KEY\n');
  const said = [running.stderr(), readFileSync(home.audit, 'utf8'), listed.stderr, (await run(['status'])).stdout];
  expect(said.filter(isTold)).toEqual([]);
  await stop();
});

it('is in no report that Node writes, and a signal opens no debugger', async () => {
  const reports = mkdtempSync(path.join(tmpdir(), 'reports-'));
  const key = Buffer.alloc(32, 'canary').toString('base64');
  const options = `--report-on-signal --report-uncaught-exception --report-on-fatalerror --report-directory=${reports}`;
  const { rpc, running, stop } = await serveStdio({
    servers: servers({ calc: fixture('calc', { KEY: `\${OWN_KEY}` }) }),
    rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
    env: { NODE_OPTIONS: options, GATEWAY_SECRET_KEY: key, OWN_KEY: CANARIES[0] ?? '' },
  });
  const label = () => executeText(rpc, { server: 'calc', tool: 'label' });
  await label();
  for (const signal of ['SIGUSR2', 'SIGUSR1'] as const) process.kill(running.pid, signal);
  expect(await label()).toBe('none');
  await stop();
  const written = readdirSync(reports).map((name) => readFileSync(path.join(reports, name), 'utf8'));
  expect(written.filter((text) => isTold(text) || text.includes(key))).toEqual([]);
  expect(running.stderr()).not.toContain('Debugger');
  rmSync(reports, { recursive: true });
});

function writeServers(file: string, entries: Record<string, unknown>): void {
  writeFileSync(file, JSON.stringify(servers(entries)));
}

function isTold(text: string): boolean {
  return CANARIES.some((canary) => text.includes(canary));
}

function hasCanary(file: string): boolean {
  try {
    return isTold(readFileSync(file, 'latin1'));
  } catch {
    // It has ended.
    return false;
  }
}
