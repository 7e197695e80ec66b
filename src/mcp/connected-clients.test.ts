import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../config/snapshot.ts';
import type { Connection } from '../pipeline/caller.ts';
import { ConnectedClients } from './connected-clients.ts';

const snapshot = {} as Snapshot;
const connection = (owner: string, assurance: 'token' | 'claim' = 'token'): Connection =>
  ({ owner, principal: owner, resolve: () => ({ agent: 'codex', assurance }) }) as unknown as Connection;
const CODEX = { name: 'codex', version: '1' };

describe('connected clients', () => {
  it('are listed while one of their sessions lasts', () => {
    const clients = new ConnectedClients();
    const [one, other] = [clients.begin(connection('a'), CODEX), clients.begin(connection('a'), CODEX)];
    expect(clients.list(snapshot)).toMatchObject([{ ...CODEX, principal: 'a', agent: 'codex' }]);
    one.over();
    one.over();
    expect(clients.list(snapshot)).toHaveLength(1);
    other.over();
    expect(clients.list(snapshot)).toEqual([]);
  });

  it('are told apart by who they are and what they call themselves', () => {
    const clients = new ConnectedClients();
    clients.seen(connection('a'), CODEX);
    clients.seen(connection('b', 'claim'), CODEX);
    clients.seen(connection('a'), { name: undefined, version: undefined });
    clients.seen(connection('a'), CODEX);
    const list = clients.list(snapshot);
    expect(list.map(({ principal, agent }) => [principal, agent])).toEqual([
      ['a', 'codex'],
      ['b', undefined],
      ['a', 'codex'],
    ]);
  });

  it('are at most a thousand, with names of bounded length', () => {
    const clients = new ConnectedClients();
    for (let at = 0; at < 1100; at++) clients.seen(connection(String(at)), { name: 'x'.repeat(1000), version: '1' });
    const list = clients.list(snapshot);
    expect(list).toHaveLength(1000);
    expect(list[0]).toMatchObject({ principal: '100', name: 'x'.repeat(64) });
  });
});
