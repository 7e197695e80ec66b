import { describe, expect, it } from 'vitest';
import { readToolsPage } from '../tool-entry.ts';
import { IndexedServers, type ListedServer } from './indexed-servers.ts';
import { ScopeCache, type ScopeRequest } from './scope-cache.ts';

function listed(name: string, ...tools: string[]): ListedServer {
  const page = readToolsPage(JSON.stringify({ tools: tools.map((tool) => ({ name: tool })) }), false);
  return { name, description: undefined, entries: page?.tools ?? [] };
}

function request(servers: readonly ListedServer[], more: Partial<ScopeRequest> = {}): ScopeRequest {
  return { servers, policy: POLICY, who: 'agent', permitted: () => true, ...more };
}

const POLICY = {};

describe('the servers of the index', () => {
  it('index a list once, at once or in slices', async () => {
    const indexed = new IndexedServers();
    const one = listed('one', 'read_page');
    const indexing = indexed.addSoon(one);
    expect(indexed.addSoon(one)).toBe(indexing);
    expect(indexed.get('one')).toBeUndefined();
    await indexing;
    expect(indexed.addSoon(one)).toBeUndefined();
    expect(indexed.addNow(one)).toBe(indexed.get('one'));
    expect(indexed.get('one')?.entry('read_page')?.name).toBe('read_page');
    expect(indexed.get('one')?.entry('read_book')).toBeUndefined();
  });

  it('have the newest of two lists, and none of a server that was removed meanwhile', async () => {
    const indexed = new IndexedServers();
    const lists = [listed('one', 'old_page'), listed('one', 'new_page')];
    await Promise.all(lists.map((list) => indexed.addSoon(list)));
    expect(indexed.index.of('one').map(({ name }) => name)).toEqual(['new_page']);
    const indexing = indexed.addSoon(listed('two', 'page'));
    indexed.retain(new Set());
    await indexing;
    expect(indexed.get('one')).toBeUndefined();
    expect(indexed.get('two')).toBeUndefined();
    expect(indexed.index.term('page')).toBeUndefined();
  });

  it('say what stands for the meaning of each tool, once', () => {
    const server = new IndexedServers().addNow(listed('pets', 'get_cat', 'get_dog'));
    expect([...server.texts.values()].map((text) => text.read())).toEqual(['pets get_cat: ', 'pets get_dog: ']);
    expect(server.texts).toBe(server.texts);
  });
});

describe('the scopes', () => {
  it('are remembered per policy and agent', () => {
    const scopes = new ScopeCache(new IndexedServers());
    const servers = [listed('one', 'read_page')];
    const scope = scopes.of(request(servers));
    expect(scopes.of(request(servers))).toBe(scope);
    expect(scopes.of(request(servers, { who: 'other' }))).not.toBe(scope);
    expect(scopes.of(request(servers, { policy: {} }))).not.toBe(scope);
  });

  it('have what is permitted alone, and decide again only on lists that changed', () => {
    const scopes = new ScopeCache(new IndexedServers());
    const decided: string[] = [];
    const permitted = (server: string, tool: string): boolean => {
      decided.push(`${server}/${tool}`);
      return tool !== 'secret';
    };
    const [one, two] = [listed('one', 'page', 'secret'), listed('two', 'book')];
    const names = (servers: readonly ListedServer[]): string[] =>
      [...scopes.of(request(servers, { permitted })).servers.values()].flatMap(({ documents }) =>
        documents.map(({ name }) => name),
      );
    expect(names([one, two])).toEqual(['page', 'book']);
    decided.length = 0;
    expect(names([one, listed('two', 'pen')])).toEqual(['page', 'pen']);
    expect(decided).toEqual(['two/pen']);
    expect(names([one])).toEqual(['page']);
    expect(decided).toEqual(['two/pen']);
  });

  it('are bounded: the one that was made first is made again', () => {
    const scopes = new ScopeCache(new IndexedServers());
    const servers = [listed('one', 'page')];
    const scopeOf = (who: number) => scopes.of(request(servers, { who: String(who) }));
    const [first, second] = [scopeOf(0), scopeOf(1)];
    for (let who = 2; who <= 64; who++) scopeOf(who);
    expect(scopeOf(1)).toBe(second);
    expect(scopeOf(0)).not.toBe(first);
  });
});
