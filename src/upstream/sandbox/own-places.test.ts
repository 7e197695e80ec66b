import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ListedPath } from './mounts.ts';
import { ownPlaceFault, realFolders } from './own-places.ts';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'own-')));
afterAll(() => rmSync(root, { recursive: true }));
const at = (name: string): string => join(root, name);
mkdirSync(at('project/src'), { recursive: true });
writeFileSync(at('project/.mcp.json'), '{}');
mkdirSync(at('tools/gateway'), { recursive: true });
const PLACES = {
  folders: [at('config')],
  files: [at('project/.mcp.json'), at('config/rules.json')],
  program: at('tools/gateway'),
  sockets: at('cache/run'),
};
const listed = (path: string, access: ListedPath['access'] = 'read'): ListedPath => ({ path, real: path, access });
const fault = (one: ListedPath): string => ownPlaceFault([one], PLACES, realFolders(PLACES))?.reason ?? '';

it('folders of the gateway that are not there yet are made, so that no server makes them first', () => {
  expect(realFolders(PLACES)).toEqual([at('config'), at('cache/run')]);
  expect(existsSync(at('config'))).toBe(true);
});

it('a folder of the gateway, and what is in it, cannot be listed', () => {
  expect(fault(listed(at('config')))).toContain('is a folder of the gateway');
  expect(fault({ path: '/elsewhere', real: at('config/credentials'), access: 'read' })).toContain('of the gateway');
});

it('a folder with a file of the gateway cannot be listed, the folders beside that file can', () => {
  expect(fault(listed(at('project')))).toContain('.mcp.json');
  expect(fault(listed(at('project/src'), 'write'))).toBe('');
});

it('a folder that holds folders of the gateway can be listed: they are covered', () => {
  expect(
    ownPlaceFault([listed(root, 'write')], { ...PLACES, files: [], program: undefined }, realFolders(PLACES)),
  ).toBeUndefined();
});

it('the program of the gateway can be read and not be changed', () => {
  expect(fault(listed(at('tools')))).toBe('');
  expect(fault(listed(at('tools'), 'write'))).toContain('the program of the gateway');
});
