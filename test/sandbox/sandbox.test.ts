/** Servers in a sandbox (docs/sandbox.md): what a hostile one can reach, and what it can do to the gateway. */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { fileText, makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture, fixturePath, main, program, root } from '../support/paths.ts';
import { assertGone, processesOf, runCli, start, until } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { makeTargets, noSandbox, SECRET, type Targets } from '../support/sandbox.ts';
import { openStdio } from '../support/stdio.ts';
import { executeText } from '../support/tools.ts';

const RULES = withPrincipals({ default: { allow: { servers: ['*'] } } });
const FIXTURES = path.dirname(fixturePath('lib'));
const missing = noSandbox();
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** Attempts that do no harm where they succeed, and do without a sandbox. */
const HARMLESS = [
  'the servers file',
  'the rules file',
  'a stored credential',
  'the audit log',
  'the control socket',
  'the file of another server',
  'changing what it may read',
  'a key of SSH',
  'the SSH agent',
  'the Docker socket',
  'a file in /tmp',
  'a link out of what it may change',
  'the environment of the gateway',
  'processes of others',
  'a signal to the gateway',
  'a service on this machine',
  'the same over IPv6',
  'a socket without a file',
  'new privileges',
];

interface Loot {
  readonly beyond: Readonly<Record<string, boolean>>;
  readonly within: Readonly<Record<string, boolean>>;
}

/** True if an account without rights can start the program: the checkout may be in the home of root. */
function canRunAs(uid: number): boolean {
  const asked = spawnSync('setpriv', [`--reuid=${uid}`, '--clear-groups', process.execPath, main, '--version'], {
    cwd: '/',
  });
  return asked.status === 0;
}

async function burgle(targets: Targets, uid: number, sandbox: object | undefined): Promise<Loot> {
  const { home, at } = targets;
  const entry = { ...fixture('burglar'), ...(sandbox === undefined ? {} : { sandbox }) };
  writeFileSync(home.servers, fileText(servers({ burglar: entry })));
  writeFileSync(home.rules, fileText(RULES));
  const asOther = uid === process.getuid?.() ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const [command = '', ...args] = [...asOther, process.execPath, ...(asOther.length === 0 ? program : [main])];
  const running = start(command, args, { env: { ...home.env, UNRELATED: SECRET }, cwd: home.cwd });
  const rpc = await openStdio(running.child, MODERN);
  const control = path.join(home.dir, 'cache/agent-mcp-gateway/run', `${running.pid}.sock`);
  await until(() => existsSync(control), 'the control socket is there');
  const only = sandbox === undefined ? { only: HARMLESS } : {};
  const asked = { ...at, ...only, gateway: running.pid, control };
  const answer = await executeText(rpc, { server: 'burglar', tool: 'try', args: asked }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${running.stderr()}`);
  });
  const loot = JSON.parse(answer) as Loot;
  running.child.stdin?.end();
  await running.stop(null);
  await assertGone(home.dir);
  return loot;
}

const ACCOUNTS = [
  { account: 'this account', uid: process.getuid?.() ?? 0 },
  ...(isRoot && missing === undefined && canRunAs(NOBODY) ? [{ account: 'an ordinary account', uid: NOBODY }] : []),
];

if (missing !== undefined) process.stderr.write(`The tests of sandboxes are left out here: ${missing}.\n`);

describe.skipIf(missing !== undefined).each(ACCOUNTS)('a hostile server, started by $account', ({ uid }) => {
  let targets: Targets;
  let inside: Loot;
  let outside: Loot;

  beforeAll(async () => {
    targets = await makeTargets(uid);
    outside = await burgle(targets, uid, undefined);
    targets.close();
    targets.home.remove();
    targets = await makeTargets(uid);
    inside = await burgle(targets, uid, {
      read: [FIXTURES, targets.at['readable']],
      write: [targets.at['writable']],
    });
  });
  afterAll(() => {
    targets?.close();
    targets?.home.remove();
  });

  it('does not get anything that its entry does not allow', () => {
    const worked = Object.entries(inside.beyond).filter(([, isIn]) => isIn);
    expect(worked.map(([name]) => name)).toEqual([]);
    expect(Object.keys(inside.beyond).length).toBeGreaterThanOrEqual(40);
  });

  it('gets what its entry allows', () => {
    expect(Object.values(inside.within)).toEqual([true, true, true]);
    expect(existsSync(path.join(targets.home.dir, 'writable/made'))).toBe(true);
    expect(existsSync(path.join(targets.home.dir, 'own'))).toBe(false);
  });

  it.each(HARMLESS)('without a sandbox, it gets %s', (name) => {
    expect(outside.beyond[name]).toBe(true);
  });
});

describe.skipIf(missing !== undefined)('the life of a server in a sandbox', () => {
  const sandbox = { read: [FIXTURES] };

  it('what ends only by SIGKILL is gone after a stop, with its children', async () => {
    const stubborn = { ...fixture('stubborn', { CHILDREN: 'yes' }), sandbox };
    const gateway = await serveStdio({ servers: servers({ stubborn }), rules: RULES });
    expect(JSON.parse(await executeText(gateway.rpc, { server: 'stubborn', tool: 'pids' }))).toHaveLength(3);
    await gateway.stop();
  });

  it('is gone after the gateway was killed', async () => {
    const stubborn = { ...fixture('stubborn', { CHILDREN: 'yes' }), sandbox: { ...sandbox, network: ['example.com'] } };
    const gateway = await serveStdio({ servers: servers({ stubborn }), rules: RULES });
    await executeText(gateway.rpc, { server: 'stubborn', tool: 'pids' });
    gateway.running.child.kill('SIGKILL');
    await until(() => processesOf(gateway.home.dir).length === 0, 'nothing is left');
    gateway.home.remove();
  });
});

describe.skipIf(process.platform !== 'linux')('a sandbox that cannot be', () => {
  it.each([
    [
      'is not there',
      { PATH: '/nowhere' },
      { read: [FIXTURES] },
      /bubblewrap \(bwrap\) is not installed.*apt-get install/s,
    ],
    ['lists nothing that exists', {}, { read: ['/nowhere/x'] }, /lists "\/nowhere\/x", which does not exist.*Make it/s],
  ])('%s: the server does not start, and doctor says why and what to do', async (_, env, walls, said) => {
    const gateway = await serveStdio({
      servers: servers({ echo: { ...fixture('echo'), sandbox: walls } }),
      rules: RULES,
      env,
    });
    const answer = await gateway.rpc.call('tools/call', {
      name: 'execute_tool',
      arguments: { server: 'echo', tool: 'echo', args: {} },
    });
    expect(answer.text).toContain('was not started');
    const { code, stdout } = await runCli(['doctor', 'echo'], { env: { ...gateway.home.env, ...env }, cwd: root });
    expect(code).toBe(4);
    expect(stdout).toMatch(said);
    await gateway.stop();
  });
});

describe.skipIf(!existsSync('/usr/bin/strace'))('sandbox suggest', () => {
  it('lists what the start of a server opens', async () => {
    const home = makeHome({ servers: servers({ echo: fixture('echo') }), rules: RULES });
    const { code, stdout, stderr } = await runCli(['sandbox', 'suggest', 'echo'], { env: home.env, cwd: home.cwd });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      sandbox: { read: expect.arrayContaining([FIXTURES.replace(/\/$/, '')]), write: [], network: false },
    });
    home.remove();
  });
});
