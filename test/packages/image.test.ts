/**
 * A call through the image: without root, with a read-only root file system. Long. Where a daemon of Docker is and has or gets the base
 * image, the image itself; elsewhere what its recipe installs, in a sandbox of bubblewrap with what the recipe sets.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { answersOverStdio, configureIn, environment, folderFor, isLong, packInto, succeed } from './package.ts';

const LIMIT_MS = 900_000;
const RECIPE = path.join(root, 'packaging/docker/Dockerfile');
const IMAGE = 'agent-mcp-gateway-test';

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;

const env = environment();

function hasDocker(): boolean {
  const base = /^ARG NODE_IMAGE=(.*)$/m.exec(readFileSync(RECIPE, 'utf8'))?.[1] ?? '';
  return (
    works('docker', 'info') && (works('docker', 'image', 'inspect', base) || works('docker', 'pull', '--quiet', base))
  );
}

describe.skipIf(!isLong)('the image', () => {
  let folder: string;
  let tarball: string;
  beforeAll(async () => {
    folder = folderFor('image');
    mkdirSync(path.join(folder, 'config'));
    mkdirSync(path.join(folder, 'data'));
    configureIn(path.join(folder, 'config'), 'agent-mcp-gateway');
    tarball = await packInto(folder);
    // Another user reads it.
    await succeed('chmod', ['-R', 'a+rX', folder]);
    await succeed('chmod', ['a+rwx', path.join(folder, 'data')]);
  }, LIMIT_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const withDocker = isLong && hasDocker();

  it.skipIf(!withDocker)(
    'answers a call in a container',
    async () => {
      const context = path.join(folder, 'context');
      cpSync(path.join(root, 'packaging/docker'), context, { recursive: true });
      copyFileSync(tarball, path.join(context, path.basename(tarball)));
      await succeed('docker', ['build', '--network', 'host', '-t', IMAGE, context], {
        env: { ...env, DOCKER_BUILDKIT: '0' },
      });
      const limits = ['--rm', '--network', 'none', '--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL'];
      const config = ['--volume', `${path.join(folder, 'config')}:/config:ro`];
      const run = (...args: string[]) => ['run', ...limits, '--security-opt', 'no-new-privileges', ...config, ...args];
      const inside = ['-c', 'id -u; touch /usr/x || echo read-only; cat /proc/1/comm'];
      const { stdout } = await succeed('docker', run('--entrypoint', 'tini', IMAGE, '--', 'sh', ...inside), { env });
      expect(stdout).toBe('1000\nread-only\ntini\n');
      await answersOverStdio('docker', run('--interactive', '--env', 'GATEWAY_TRANSPORT=stdio', IMAGE), env);
      await succeed('docker', ['image', 'rm', '--force', IMAGE], { env });
    },
    LIMIT_MS,
  );

  it.skipIf(withDocker || !isLong || !works('bwrap', '--ro-bind', '/', '/', 'true'))(
    'answers a call in a sandbox',
    async () => {
      const prefix = path.join(folder, 'prefix');
      const install = ['--global', '--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
      await succeed('npm', ['install', ...install, '--prefix', prefix, tarball]);
      await answersOverStdio(
        'bwrap',
        [
          ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
          ...['--ro-bind', prefix, '/tmp/prefix', '--ro-bind', path.join(folder, 'config'), '/tmp/config'],
          ...['--bind', path.join(folder, 'data'), '/tmp/data', '--chdir', '/tmp/data'],
          ...[
            '--unshare-all',
            '--die-with-parent',
            '--uid',
            '1000',
            '--gid',
            '1000',
            '--cap-drop',
            'ALL',
            '--clearenv',
          ],
          ...settings().flatMap(([name, value]) => ['--setenv', name, value]),
          ...['--setenv', 'PATH', `/tmp/prefix/bin:${path.dirname(process.execPath)}:/usr/bin:/bin`],
          'agent-mcp-gateway',
        ],
        env,
      );
    },
    LIMIT_MS,
  );
});

/** What the recipe sets, with the folders where the sandbox has them; over stdio. */
function settings(): [string, string][] {
  const block = /^ENV ((?:.*\\\n)*.*)$/m.exec(readFileSync(RECIPE, 'utf8'))?.[1] ?? '';
  const pairs = [...block.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']): [string, string] => [
    name,
    value.replace(/^\/(config|data)/, '/tmp/$1'),
  ]);
  return [...pairs, ['GATEWAY_TRANSPORT', 'stdio']];
}
