import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance } from '../../shared/edit-distance.ts';
import { createScope } from './search-scope.ts';
import { respelled } from './spelling.ts';
import { documentOf, found, indexOf, type TestTool } from './testing.ts';

const TOOLS: TestTool[] = [
  { server: 'github', name: 'create_issue', description: 'Open an issue in a repository', params: 'title body labels' },
  { server: 'github', name: 'list_issues', description: 'Issues of a repository' },
  { server: 'github', name: 'merge_pull_request', description: 'Merge a pull request' },
  { server: 'files', name: 'read_file', description: 'Reads a text file', params: 'path' },
  { server: 'files', name: 'deleteFile', description: 'Removes a file for good', params: 'path' },
  { server: 'weather', name: 'forecast', description: 'Weather for the next days', params: 'city latitude longitude' },
  { server: 'notes', name: 'who_is_it' },
  { server: 'notes', name: 'suche', description: 'Durchsucht alle Notizen nach einem Wort' },
  { server: 'notes', name: 'tenki', description: '明日の天気予報を取得する' },
];
const SERVERS = ['github', 'files', 'weather', 'notes'];
const index = indexOf(TOOLS);
const search = (query: string, options = {}): string[] => found(index, SERVERS, query, options);

describe('search', () => {
  it.each([
    ['create a new issue', 'github/create_issue'],
    ['add a ticket to the repo', 'github/create_issue'],
    ['erase a document', 'files/deleteFile'],
    ['will it rain, what is the climate in a town', 'weather/forecast'],
    ['merge pul reqest', 'github/merge_pull_request'],
    ['pullrequest merge', 'github/merge_pull_request'],
    ['Notizen durchsuchen', 'notes/suche'],
    ['天気予報', 'notes/tenki'],
    ['latitude', 'weather/forecast'],
  ])('%s -> %s', (query, first) => {
    expect(search(query)[0]).toBe(first);
  });

  it('prefers a tool that has all of a short question to one that has a part of it in its name', () => {
    const others = Array.from({ length: 20 }, (_, at) => ({
      server: 'c',
      name: `other_${at}`,
      description: 'Something',
    }));
    const own = indexOf([
      ...others,
      { server: 'a', name: 'invoice', description: 'Prints one on paper' },
      { server: 'b', name: 'keeper', description: 'Keeps each invoice in the archive' },
    ]);
    const first = (options = {}): string | undefined => found(own, ['a', 'b', 'c'], 'archive invoice', options)[0];
    expect(first()).toBe('b/keeper');
    expect(first({ complete: false })).toBe('a/invoice');
  });

  it('gives several tools for a question of several parts', () => {
    const both = search('Create an issue about the bug. Then delete the file.', { limit: 2 });
    expect(both).toEqual(expect.arrayContaining(['github/create_issue', 'files/deleteFile']));
    const alone = search('Create an issue about the bug. Then delete the file.', { limit: 2, coverage: false });
    expect(alone.length).toBe(2);
  });

  it('takes a question of stop words alone at its word, and finds nothing for nothing', () => {
    expect(search('who is it?')).toEqual(['notes/who_is_it']);
    expect(search('')).toEqual([]);
    expect(search('zzzzqqqq 🤷 \u0000')).toEqual([]);
  });

  it('survives any question', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (query) => {
        expect(search(query).length).toBeLessThanOrEqual(5);
      }),
    );
  });

  it('replaces and forgets servers', () => {
    const own = indexOf(TOOLS);
    own.put('files', [documentOf({ server: 'files', name: 'move_file' })]);
    expect(found(own, SERVERS, 'file')).toEqual(['files/move_file']);
    own.remove('files');
    expect(found(own, SERVERS, 'file')).toEqual([]);
    own.put('new', [documentOf({ server: 'new', name: 'file' })]);
    expect(found(own, ['new', ...SERVERS], 'file')).toEqual(['new/file']);
  });
});

describe('what is denied', () => {
  const word = fc.constantFrom('create', 'issue', 'isue', 'file', 'files', 'read', 'delete', 'get', 'page', 'pages');
  const text = fc.array(word, { minLength: 1, maxLength: 5 }).map((list) => list.join(' '));
  const tool = fc.record({
    server: fc.constantFrom('a', 'b', 'c'),
    name: fc.tuple(word, word, fc.nat(9)).map((parts) => parts.join('_')),
    description: text,
    params: text,
    denied: fc.boolean(),
  });

  it('changes no result, no order and no score', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(tool, { maxLength: 14, selector: (t) => `${t.server}/${t.name}` }),
        text,
        (all, query) => {
          const permitted = all.filter(({ denied }) => !denied);
          const denied = new Set(all.filter((one) => one.denied).map((one) => `${one.server}/${one.name}`));
          const rule = (server: string, name: string): boolean => !denied.has(`${server}/${name}`);
          const servers = ['a', 'b', 'c'];
          const withThem = found(indexOf(all), servers, query, { limit: 99 }, rule);
          const withoutThem = found(indexOf(permitted), servers, query, { limit: 99 });
          expect(withThem).toEqual(withoutThem);
        },
      ),
      { numRuns: process.env['LONG'] === undefined ? 300 : 5000 },
    );
  });
});

describe('spelling', () => {
  it('counts slips', () => {
    expect(editDistance('issue', 'isuse', 2)).toBe(1);
    expect(editDistance('issue', 'isue', 2)).toBe(1);
    expect(editDistance('issue', 'page', 2)).toBe(3);
    expect(editDistance('a', 'abcdef', 2)).toBe(3);
  });

  it('corrects to words of the scope only', () => {
    const all = createScope(index, new Map(SERVERS.map((server) => [server, index.of(server)])));
    const some = createScope(index, new Map([['files', index.of('files')]]));
    expect(respelled(index, all, 'reposittori').map(({ text }) => text)).toEqual(['repositori']);
    expect(respelled(index, some, 'reposittori')).toEqual([]);
    expect(respelled(index, all, 'pat')).toEqual([]);
  });
});
