import { expect, it } from 'vitest';
import { type ContainerPlan, dockerArguments } from './docker-arguments.ts';

const PLAN: ContainerPlan = {
  name: 'amgp-1.1',
  image: { name: 'owner/server:1', program: undefined, cwd: undefined },
  args: ['--rm', 'x'],
  env: new Map(),
  mounts: [],
  hasNetwork: false,
  user: undefined,
};

it('walls in everything, and ends with the image and its arguments', () => {
  const { args, env } = dockerArguments(PLAN);
  for (const wall of ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges', '--network=none']) {
    expect(args).toContain(wall);
  }
  expect(args.slice(-3)).toEqual(['owner/server:1', '--rm', 'x']);
  expect(args.filter((arg) => arg.startsWith('--user') || arg.startsWith('--entrypoint'))).toEqual([]);
  expect(env).toEqual(new Map());
});

it('gives secrets by name, and what docker reads itself as arguments', () => {
  const own = { TOKEN: 's3cret', HOME: '/data', DOCKER_HOST: 'tcp://x', https_proxy: 'http://p', LD_PRELOAD: '/x.so' };
  const { args, env } = dockerArguments({ ...PLAN, env: new Map(Object.entries(own)) });
  expect([...env]).toEqual([['TOKEN', 's3cret']]);
  expect(args.filter((arg) => arg.startsWith('--env'))).toEqual([
    '--env=HOME=/data',
    '--env=TOKEN',
    '--env=DOCKER_HOST=tcp://x',
    '--env=https_proxy=http://p',
    '--env=LD_PRELOAD=/x.so',
  ]);
});

it('shows what is listed, whatever the names of files', () => {
  const { args } = dockerArguments({
    ...PLAN,
    image: { name: 'a', program: '/bin/s', cwd: '/w' },
    user: '1000:1000',
    hasNetwork: true,
    mounts: [
      { kind: 'read', from: '/a,readonly=false', at: '/b"c' },
      { kind: 'write', from: '/d', at: '/d' },
      { kind: 'nothing', at: '/d/own' },
    ],
  });
  expect(args.filter((arg) => arg.startsWith('--mount'))).toEqual([
    '--mount=type=bind,"source=/a,readonly=false","target=/b""c",readonly',
    '--mount=type=bind,source=/d,target=/d',
    '--mount=type=tmpfs,target=/d/own,tmpfs-mode=0555,readonly',
  ]);
  expect(args).toEqual(
    expect.arrayContaining(['--user=1000:1000', '--network=bridge', '--workdir=/w', '--entrypoint=/bin/s']),
  );
});
