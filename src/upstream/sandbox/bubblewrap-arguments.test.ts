import { expect, it } from 'vitest';
import { bubblewrapArguments, type SandboxPlan } from './bubblewrap-arguments.ts';

const PLAN: SandboxPlan = {
  system: [{ path: '/usr' }, { path: '/bin', link: 'usr/bin' }],
  home: '/home/u',
  mounts: [
    { kind: 'read', from: '/srv/a', at: '/srv/a' },
    { kind: 'write', from: '/srv/real', at: '/srv/b' },
    { kind: 'nothing', at: '/srv/b/own' },
  ],
  hasNetwork: false,
  cwd: '/srv/b',
  filterFd: 3,
  command: ['/usr/bin/node', 'server.js', '--ro-bind'],
};

it('has namespaces of its own, no capability, and no way to more', () => {
  const text = bubblewrapArguments(PLAN).join(' ');
  for (const wall of ['user', 'pid', 'ipc', 'uts', 'net']) expect(text).toContain(`--unshare-${wall}`);
  expect(text).toContain('--disable-userns');
  expect(text).toContain('--cap-drop ALL');
  expect(bubblewrapArguments({ ...PLAN, hasNetwork: true })).not.toContain('--unshare-net');
});

it('shows what is listed after the system and an empty home, and covers after that', () => {
  const text = bubblewrapArguments(PLAN).join(' ');
  const order = [
    '--ro-bind /usr /usr',
    '--symlink usr/bin /bin',
    '--proc /proc',
    '--tmpfs /home/u',
    '--ro-bind /srv/a /srv/a',
    '--bind /srv/real /srv/b',
    '--tmpfs /srv/b/own --remount-ro /srv/b/own',
    '--remount-ro /dev --remount-ro / --chdir /srv/b',
  ].map((part) => text.indexOf(part));
  expect(order).not.toContain(-1);
  expect(order).toEqual([...order].sort((one, other) => one - other));
});

it('nothing of the command is read as an option, and no filter is asked for where there is none', () => {
  const args = bubblewrapArguments(PLAN);
  expect(args.slice(args.indexOf('--'))).toEqual(['--', ...PLAN.command]);
  expect(bubblewrapArguments({ ...PLAN, filterFd: undefined })).not.toContain('--seccomp');
});
