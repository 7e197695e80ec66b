import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { unusedKey } from './execute.ts';

const made: string[] = [];
afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

describe('the folder of a key is unused', () => {
  it.each<[string, readonly string[], boolean]>([
    ['nothing', [], true],
    ['the key', ['key.json'], true],
    ['the lock of a run that was killed', ['key.json.lock'], true],
    ['its draft', ['.key.json.0a1b.tmp', 'key.json.lock'], true],
    ['a sign-in', ['key.json', 'abc.json'], false],
    ['a sign-in without its key', ['abc.json'], false],
  ])('where there is %s in it: %j', (_what, names, isUnused) => {
    const dir = mkdtempSync(join(tmpdir(), 'unused-key-'));
    made.push(dir);
    const folder = join(dir, 'credentials');
    mkdirSync(folder);
    for (const name of names) writeFileSync(join(folder, name), '');
    expect(unusedKey(dir)).toEqual(isUnused ? [folder] : []);
  });
});
