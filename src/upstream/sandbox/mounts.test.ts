import { expect, it } from 'vitest';
import { type ListedPath, listedMounts } from './mounts.ts';

const listed = (access: ListedPath['access'], path: string, real = path): ListedPath => ({ access, path, real });
const OWN = '/home/u/.config/gateway';

it('outer folders come first, whatever the order of the list', () => {
  const mounts = listedMounts([listed('read', '/srv/a/b'), listed('write', '/srv/a')], []);
  expect(mounts).toEqual([
    { kind: 'write', from: '/srv/a', at: '/srv/a' },
    { kind: 'read', from: '/srv/a/b', at: '/srv/a/b' },
  ]);
});

it("covers the gateway's folder in a folder that may be read", () => {
  expect(listedMounts([listed('read', '/home/u')], [OWN]).slice(1)).toEqual([{ kind: 'nothing', at: OWN }]);
});

it('keeps the folders above it from being moved away where they may be changed', () => {
  expect(listedMounts([listed('write', '/home/u')], [OWN]).slice(1)).toEqual([
    { kind: 'write', from: '/home/u/.config', at: '/home/u/.config' },
    { kind: 'nothing', at: OWN },
  ]);
});

it('covers it also where a link leads to it', () => {
  expect(listedMounts([listed('write', '/srv/link', '/home/u')], [OWN]).slice(1)).toEqual([
    { kind: 'write', from: '/home/u/.config', at: '/srv/link/.config' },
    { kind: 'nothing', at: '/srv/link/.config/gateway' },
  ]);
});

it('covers it once where an inner folder is listed too', () => {
  const mounts = listedMounts([listed('read', '/home/u'), listed('read', '/home/u/.config')], [OWN]);
  expect(mounts.filter(({ kind }) => kind === 'nothing')).toEqual([{ kind: 'nothing', at: OWN }]);
});

it('what only begins with the same letters is not covered', () => {
  expect(listedMounts([listed('read', '/home/u/.conf')], [OWN])).toHaveLength(1);
});
