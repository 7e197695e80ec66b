import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exposedName, isExposedAs, isMaybeHashed, renamedServer, splitName } from './exposed-names.ts';

const FITS = /^[A-Za-z0-9_-]{1,56}$/;
const odd = fc.constantFrom('_', '__', '-', '.', ' ', '/', 'é', 'сервер', '天气', '😀', '\t', 'a', 'B', '7', '');
const names = fc
  .oneof(
    fc.string({ minLength: 1 }),
    fc.array(odd, { minLength: 1, maxLength: 40 }).map((parts) => parts.join('')),
  )
  .filter((name) => name !== '');

it('fits what every client and model accepts, whatever the names are', () => {
  fc.assert(
    fc.property(names, names, (server, name) => {
      expect(exposedName(server, name)).toMatch(FITS);
    }),
  );
});

it('no two of several servers are alike', () => {
  const pairs = fc.uniqueArray(fc.tuple(names, names), {
    selector: ([server, name]) => JSON.stringify([server, name]),
    minLength: 2,
    maxLength: 60,
  });
  fc.assert(
    fc.property(pairs, (all) => {
      expect(new Set(all.map(([server, name]) => exposedName(server, name))).size).toBe(all.length);
    }),
  );
});

it('says its server, and what stands as it is can be read', () => {
  fc.assert(
    fc.property(names, names, (server, name) => {
      const split = splitName(exposedName(server, name));
      expect(split === undefined ? false : isExposedAs(server, split.server)).toBe(true);
      if (split !== undefined && !isMaybeHashed('tool', split.name)) expect(split.name).toBe(name);
      if (split !== undefined && !isMaybeHashed('server', split.server)) expect(split.server).toBe(server);
    }),
  );
});

it.each([
  ['github', 'list_issues', 'github__list_issues'],
  ['a', '_b', 'a___b'],
  ['a_', 'b', 'a-571fb0__b'],
  ['my__server', 'echo', 'my_server-71b7ee__echo'],
  ['Internet Search (Tavily)', 'search', 'Internet-Search-T-9523dd__search'],
  ['github.com/acme/tools', 'echo', 'github-com-acme-t-c302b2__echo'],
  ['@scope/pkg', 'run', 'scope-pkg-5b9874__run'],
  ['café', 'menu', 'cafe-850f7d__menu'],
  ['сервер', 'echo', 'server-98f5ca__echo'],
  ['s', '天气查询', 's__tool_144cd52b'],
  ['s', 'users.list/all', 's__users-list-all_f5c2f7bf'],
  ['s', 'with space', 's__with-space_b8b8f25a'],
  ['s', `read_${'x'.repeat(60)}`, expect.stringMatching(/^s__read_x{39}_[0-9a-f]{8}$/)],
  ['a-server-with-a-rather-long-name', 'list_files', 'a-server-with-a-rather-long-name__list_files'],
  [
    'a-server-with-a-rather-long-name',
    'list_files_of_a_folder_and_more',
    expect.stringMatching(/^a-server-with-a-r-[0-9a-f]{6}__list_files_of_a_fol[a-z_]*_[0-9a-f]{8}$/),
  ],
])('%s, %s: %s, today and for ever', (server, name, exposed) => {
  expect(exposedName(server, name)).toEqual(exposed);
});

it('says which servers have another name', () => {
  expect(['github', 'a-b', 'a_b', 'x'.repeat(53)].map(renamedServer)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(exposedName('x'.repeat(53), 'a')).toBe(`${'x'.repeat(53)}__a`);
  expect(['x'.repeat(54), 'x'.repeat(200), 'a b', 'a__b', 'a_'].map(renamedServer)).toEqual([
    expect.stringMatching(/^x{17}-/),
    expect.stringMatching(/^x{17}-/),
    expect.stringMatching(/^a-b-/),
    expect.stringMatching(/^a_b-/),
    expect.stringMatching(/^a-/),
  ]);
});
