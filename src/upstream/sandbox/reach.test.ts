import { expect, it } from 'vitest';
import type { StdioDefinition } from '../../config/snapshot.ts';
import { reachOf } from './reach.ts';

const LINK: StdioDefinition = { transport: 'stdio', command: 'x', args: [], env: new Map(), cwd: undefined };

it('says what a server could reach', () => {
  expect(reachOf(LINK)).toContain('all files and hosts');
  const sandbox = { read: ['/a'], write: ['/b', '/c'], network: ['api.example.com:443'] };
  expect(reachOf({ ...LINK, sandbox })).toMatch(
    /changes \/b, \/c; reads \/a and .*; connects to api\.example\.com:443$/,
  );
  expect(reachOf({ ...LINK, sandbox: { ...sandbox, network: false } })).toMatch(/connects to nothing$/);
  expect(reachOf({ ...LINK, sandbox: { ...sandbox, network: true } })).toMatch(/this machine included$/);
});
