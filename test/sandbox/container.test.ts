/** Servers in containers (docs/sandbox.md#containers): what a hostile one can reach, and that none is left. Long: Docker is slow to start. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Docker, makeImage, openDocker } from '../support/docker.ts';
import { type StdioGateway, serveStdio } from '../support/gateway.ts';
import { servers, withPrincipals } from '../support/home.ts';
import { fixturePath, root } from '../support/paths.ts';
import { processesOf, runCli, until } from '../support/process.ts';
import { makeTargets } from '../support/sandbox.ts';
import { executeText } from '../support/tools.ts';

const RULES = withPrincipals({ default: { allow: { servers: ['*'] } } });
/** What reaches nothing beyond its own container, or is held otherwise there. */
const OWN = [
  // Control groups bound these, and not limits of each process.
  'more processes than 1024',
  'memory without an end',
  // Its own /dev, which is kept in memory, and its own first process.
  'a file in the folder of devices',
  'tracing its own process 1',
  // The system calls are those that Docker lets through; newer ones refuse this kind of socket.
  'a socket to the host of a virtual machine',
];

const docker: Docker | undefined = process.env['LONG'] === '1' ? await openDocker() : undefined;
if (process.env['LONG'] === '1' && docker === undefined) {
  process.stderr.write('The tests of containers are left out here: there is no Docker, and none can be started.\n');
}

/** Of all processes. */
function commandLines(): string {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => fileText(`/proc/${pid}/cmdline`)).join('\n');
}

/** Empty for a process that is gone. */
function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

describe.skipIf(docker === undefined)('in a container', () => {
  const { env = {}, image = '', run } = docker ?? {};
  const contained = (name: string, walls: object = {}, own: Record<string, string> = {}) => ({
    image,
    command: process.execPath,
    args: [fixturePath(name)],
    env: own,
    sandbox: { engine: 'docker', ...walls },
  });
  const names = (): string[] =>
    run?.('ps', '--all', '--format', '{{.Names}}').stdout.trim().split('\n').filter(Boolean) ?? [];

  beforeAll(() => docker && makeImage(docker), 120_000);
  let gateway: StdioGateway | undefined;
  afterEach(async () => {
    await gateway?.stop();
    gateway = undefined;
    await until(() => names().length === 0, 'no container is left');
  });
  afterAll(() => docker?.stop(), 60_000);

  it('a hostile server gets what its entry allows, and nothing beyond', { timeout: 60_000 }, async () => {
    const targets = await makeTargets(process.getuid?.() ?? 0);
    const { readable, writable } = targets.at;
    gateway = await serveStdio({
      servers: servers({ burglar: contained('burglar', { read: [readable], write: [writable] }, { HOME: '/run' }) }),
      rules: RULES,
      env,
    });
    const { pid } = gateway.running;
    const control = path.join(gateway.home.dir, 'cache/agent-mcp-gateway/run', `${pid}.sock`);
    // Where the test keeps its home is a folder in memory there.
    const args = { ...targets.at, home: '/usr', gateway: pid, control };
    const asked = executeText(gateway.rpc, { server: 'burglar', tool: 'try', args });
    const loot = JSON.parse(await asked) as Record<'beyond' | 'within', Record<string, boolean>>;
    const worked = Object.entries(loot.beyond).filter(([name, isIn]) => isIn && !OWN.includes(name));
    expect(worked.map(([name]) => name)).toEqual([]);
    expect(Object.values(loot.within)).toEqual([true, true, true]);
    const [name = ''] = names();
    const bounds = run?.('inspect', '--format', '{{.HostConfig.PidsLimit}} {{.HostConfig.Memory}}', name).stdout.trim();
    expect(bounds).toBe(`1024 ${8 * 1024 ** 3}`);
    targets.close();
    targets.home.remove();
  });

  it('its variables are its own, and stand in no command line', { timeout: 60_000 }, async () => {
    const own = { API_TOKEN: 'token-of-the-server', HOME: '/nowhere', PATH: '/own/bin' };
    gateway = await serveStdio({ servers: servers({ echo: contained('echo', {}, own) }), rules: RULES, env });
    await executeText(gateway.rpc, { server: 'echo', tool: 'echo', args: {} });
    const [name = ''] = names();
    const variables = JSON.parse(run?.('inspect', '--format', '{{json .Config.Env}}', name).stdout ?? '') as string[];
    for (const [key, value] of Object.entries(own)) expect(variables).toContain(`${key}=${value}`);
    expect(commandLines()).toContain(name);
    expect(commandLines()).not.toContain(own.API_TOKEN);
  });

  it.each(['a stop', 'the death of the gateway'])(
    'nothing of it is left after %s',
    { timeout: 60_000 },
    async (how) => {
      const stubborn = contained('stubborn', {}, { CHILDREN: 'yes' });
      gateway = await serveStdio({ servers: servers({ stubborn }), rules: RULES, env });
      expect(JSON.parse(await executeText(gateway.rpc, { server: 'stubborn', tool: 'pids' }))).toHaveLength(3);
      expect(names()).toHaveLength(1);
      if (how === 'a stop') return;
      gateway.running.child.kill('SIGKILL');
      const { home } = gateway;
      await until(() => processesOf(home.dir).length === 0, 'nothing is left');
      home.remove();
      gateway = undefined;
    },
  );

  it('what is wrong is said, also by doctor', { timeout: 60_000 }, async () => {
    const walls = { ...contained('echo'), image: 'gateway-nowhere/none:1' };
    gateway = await serveStdio({ servers: servers({ echo: walls }), rules: RULES, env });
    const call = { name: 'execute_tool', arguments: { server: 'echo', tool: 'echo', args: {} } };
    expect((await gateway.rpc.call('tools/call', call)).text).toMatch(/exit status 125.*docker: /);
    const away = { ...gateway.home.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const { code, stdout } = await runCli(['doctor', 'echo'], { env: away, cwd: root });
    expect(code).toBe(4);
    expect(stdout).toMatch(/Docker does not answer.*Start Docker/s);
  });
});

it('without Docker, doctor says so', async () => {
  const echo = { image: 'a/b', sandbox: 'docker' };
  const gateway = await serveStdio({ servers: servers({ echo }), rules: RULES, env: { PATH: '/nowhere' } });
  const call = { name: 'execute_tool', arguments: { server: 'echo', tool: 'echo', args: {} } };
  expect((await gateway.rpc.call('tools/call', call)).text).toContain('was not started');
  const env = { ...gateway.home.env, PATH: '/nowhere' };
  const { code, stdout } = await runCli(['doctor', 'echo'], { env, cwd: root });
  expect(code).toBe(4);
  expect(stdout).toMatch(/needs docker, which is not in PATH.*Install Docker/s);
  await gateway.stop();
});
