import { expect, it } from 'vitest';
import { readTrace, sandboxFor } from './trace-report.ts';

const REPORT = `
101 execve("/usr/bin/node", ["node", "server.js"], 0x7f /* 9 vars */) = 0
101 openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3
101 openat(AT_FDCWD, "server.js", O_RDONLY|O_CLOEXEC) = 3
101 openat(AT_FDCWD, "/home/u/mcp/node_modules/a/index.js", O_RDONLY|O_CLOEXEC <unfinished ...>
102 openat(AT_FDCWD, "/home/u/mcp/node_modules/b/lib/b.js", O_RDONLY) = 4
101 <... openat resumed>) = 5
101 openat(AT_FDCWD, "/home/u/missing", O_RDONLY) = -1 ENOENT (No such file or directory)
102 openat(AT_FDCWD, "/home/u/.toolrc", O_RDONLY) = 6
102 openat(AT_FDCWD, "/home/u/data/db", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 7
102 openat(AT_FDCWD, "/home/u/data/other", O_RDONLY) = 7
102 connect(8, {sa_family=AF_UNIX, sun_path="/run/x"}, 110) = 0
`;
const isInside = (path: string): boolean => /^\/(?:usr|etc)\//.test(path);

it('lists folders of packages, a file alone where its folder is the home, and what was changed', () => {
  expect(sandboxFor(readTrace(REPORT, '/srv/app'), '/home/u', isInside)).toEqual({
    read: ['/home/u/.toolrc', '/home/u/mcp/node_modules', '/srv/app'],
    write: ['/home/u/data'],
    network: false,
  });
});

it('lists folders that were opened, what the entry names, and never a folder of the root or above the home', () => {
  const report = ['/mnt', '/home', '/home/u', '/srv/all']
    .map((path) => `1 openat(AT_FDCWD, "${path}", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 3`)
    .concat('1 statx(AT_FDCWD, "/srv/project", AT_STATX_SYNC_AS_STAT, STATX_ALL, {stx_mask=STATX_ALL}) = 0')
    .concat('1 newfstatat(AT_FDCWD, "/srv/else", {st_mode=S_IFDIR|0755, st_size=1}, 0) = 0')
    .join('\n');
  expect(sandboxFor(readTrace(report, '/srv/app'), '/home/u', isInside, ['/srv/project', '/srv/none']).read).toEqual([
    '/srv/all',
    '/srv/project',
  ]);
});

it('sees connections to other machines, and not to itself', () => {
  const connect = (address: string): boolean =>
    readTrace(
      `1 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("${address}")}, 16) = -1 EINPROGRESS (x)`,
      '/',
    ).hasConnected;
  expect(connect('93.184.216.34')).toBe(true);
  expect(connect('127.0.0.1')).toBe(false);
});
