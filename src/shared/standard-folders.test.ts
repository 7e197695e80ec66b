import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import process from 'node:process';
import { afterEach, expect, it, vi } from 'vitest';
import { cwdHere, homeHere, NOWHERE, xdgFolder } from './standard-folders.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('HOME counts where it is a whole path', () => {
  vi.stubEnv('HOME', '/somewhere');
  expect(homeHere()).toBe('/somewhere');
});

it.each(['', '.', '..', './x', 'relative/home', ' /spaced', '~', '/proc/self/cwd', '//proc/self/cwd/x'])(
  'HOME=%j is not the working directory, nor below it: the system says',
  (home) => {
    vi.stubEnv('HOME', home);
    expect(homeHere()).toBe(userInfo().homedir);
  },
);

it('without a working directory there is none', () => {
  vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw Object.assign(new Error('uv_cwd'), { code: 'ENOENT' });
  });
  expect(cwdHere()).toBe(NOWHERE);
});

it.each(['', '.', 'relative', './x', '../x', '~/.config', '$HOME/.config', '/proc/thread-self/cwd'])(
  'XDG_*=%j is ignored',
  (value) => {
    expect(xdgFolder(value)).toBeUndefined();
  },
);

it('what stands for an unknown folder is a whole path', () => {
  expect(isAbsolute(NOWHERE)).toBe(true);
  expect(xdgFolder('/etc/xdg')).toBe('/etc/xdg');
});
