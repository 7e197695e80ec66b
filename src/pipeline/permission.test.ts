import { expect, it } from 'vitest';
import type { Snapshot } from '../config/snapshot.ts';
import { permissionOf } from './permission.ts';
import { ALLOWED, DENIED, inboundOf } from './testing.ts';

const cleared = (...redact: readonly 'cards'[]): Snapshot => {
  const servers = [...ALLOWED.servers].map(
    ([name, server]) => [name, { ...server, results: { stripInvisible: false, redact } }] as const,
  );
  return { ...ALLOWED, servers: new Map(servers) };
};

it('what is kept of a result is permitted as long as the call is, and nothing else is to be taken out', () => {
  let current = ALLOWED;
  const permission = (): (() => boolean) =>
    permissionOf(
      { snapshot: () => current },
      inboundOf().connection,
      { claimedAgent: 'dev' },
      { server: 'files', name: 'read' },
      'read',
    );
  const isPermitted = permission();
  expect(isPermitted()).toBe(true);
  current = DENIED;
  expect(isPermitted()).toBe(false);
  current = cleared('cards');
  expect(isPermitted()).toBe(false);
  const isPermittedNow = permission();
  current = cleared('cards');
  expect([isPermittedNow(), isPermitted()]).toEqual([true, false]);
});
