/** A daemon of Docker for tests: the one that this account may use, or one of their own. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fixturePath } from './paths.ts';
import { until } from './process.ts';

export interface Docker {
  /** Variables by which `docker` finds it. */
  readonly env: Readonly<Record<string, string>>;
  /** An image with Node, Perl and the fixtures, in their place. */
  readonly image: string;
  run(...args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string };
  stop(): Promise<void>;
}

/** Starts one where none answers. @returns undefined where there can be none */
export async function openDocker(): Promise<Docker | undefined> {
  const found = docker({});
  if (found.run('version').status === 0) return { ...found, stop: async () => undefined };
  if (process.getuid?.() !== 0) return undefined;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-docker-'));
  const at = (name: string): string => path.join(folder, name);
  const socket = `unix://${at('docker.sock')}`;
  const places = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid'), '-H', socket];
  const alone = ['--storage-driver', 'vfs', '--iptables=false', '--ip6tables=false', '--bridge=none'];
  const daemon = spawn('dockerd', [...places, ...alone], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    daemon.once('error', () => resolve());
    daemon.once('exit', () => resolve());
  });
  const own = docker({ DOCKER_HOST: socket });
  const isThere = await answering(own, daemon);
  const stop = async (): Promise<void> => {
    daemon.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  if (isThere) return { ...own, stop };
  await stop();
  return undefined;
}

async function answering({ run }: Pick<Docker, 'run'>, daemon: ChildProcess): Promise<boolean> {
  let gone = false;
  daemon.once('error', () => (gone = true));
  daemon.once('exit', () => (gone = true));
  await until(() => gone || run('version').status === 0, 'the daemon answers');
  return !gone;
}

function docker(own: Readonly<Record<string, string>>): Omit<Docker, 'stop'> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: os.tmpdir(), ...own };
  const image = 'gateway-fixtures:1';
  const run = (...args: readonly string[]) => spawnSync('docker', [...args], { env, encoding: 'utf8' });
  return { env: own, image, run };
}

/** Makes the image. @throws Error where Docker does not take it */
export function makeImage({ run, image, env }: Docker): void {
  if (run('image', 'inspect', image).status === 0) return;
  const perl = [
    '/usr/bin/perl',
    ...readdirSync('/usr/lib', { encoding: 'utf8' }).map((name) => `/usr/lib/${name}/perl-base`),
  ];
  const programs = [realpathSync(process.execPath), '/usr/bin/perl'];
  const libraries = programs.flatMap((program) =>
    [...spawnSync('ldd', [program], { encoding: 'utf8' }).stdout.matchAll(/(\/\S+) \(0x/g)].map(
      ([, file = '']) => file,
    ),
  );
  const files = [...programs, ...perl, ...libraries, path.dirname(fixturePath('lib'))];
  const there = [...new Set(files)].filter((file) => spawnSync('test', ['-e', file]).status === 0);
  // Folders that are not in it would be closed to all but a root with capabilities.
  const folders = new Set(
    there.flatMap((file) => file.split('/').flatMap((_, end, parts) => parts.slice(1, end).join('/') || [])),
  );
  const packed = spawnSync(
    'tar',
    [
      ...['--create', '--dereference', '--file=-', '--directory=/', '--no-recursion', ...folders],
      ...['--recursion', ...there.map((file) => file.slice(1))],
    ],
    { maxBuffer: 1024 ** 3 },
  );
  const child = spawnSync('docker', ['import', '-', image], {
    input: packed.stdout,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    encoding: 'utf8',
  });
  if (child.status !== 0) throw new Error(`docker import: ${child.stderr}`);
}
