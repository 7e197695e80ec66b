import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LOCKED_KINDS, type Lock, lockKey, lockText, readLock } from './lock-text.ts';

const names = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'a b', 'constructor', '"', '\u2028'));
const locked = fc
  .array(fc.tuple(fc.constantFrom(...LOCKED_KINDS), names, fc.string()), { minLength: 1 })
  .map((lines) => new Map(lines.map(([kind, name, value]) => [lockKey(kind, name), value])));
const locks = fc.array(fc.tuple(names, locked)).map((servers): Lock => new Map(servers));

/** The lines between the first and the last of the list. */
function entriesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.endsWith('],'));
}

it('is read back as it was written, in any order, and has a line for each thing', () => {
  fc.assert(
    fc.property(locks, (lock) => {
      const text = lockText(lock);
      expect(readLock(text, 'lock')).toEqual(lock);
      const entries = entriesOf(text);
      expect(entries).toHaveLength([...lock.values()].reduce((sum, { size }) => sum + size, 0));
      const turned = text.replace(entries.join('\n'), () => [...entries].reverse().join('\n'));
      expect(lockText(readLock(turned, 'lock'))).toBe(text);
    }),
  );
});

it.each([
  ['', 'is not JSON'],
  ['{"format":2,"definitions":[]}', 'no lock file of this version'],
  ['{"format":1,"definitions":[["a","tool","b"]]}', 'wrong entry, number 1'],
  ['{\n<<<<<<< ours\n', 'conflict of a merge in line 2'],
])('refuses %j', (text, why) => {
  expect(() => readLock(text, 'lock')).toThrow(why);
});

it('takes neither of two values for one thing', () => {
  const line = (value: string): string => JSON.stringify(['s', 'tool', 't', value]);
  const lock = readLock(
    `{"format":1,"definitions":[${line('a')},${line('b')},${line('a')},["s","tool","u","c"],[]]}`,
    'l',
  );
  expect(lock).toEqual(new Map([['s', new Map([['tool u', 'c']])]]));
});

it('merges in Git, also where both sides accept what stands side by side', ({ skip }) => {
  const folder = mkdtempSync(join(tmpdir(), 'lock-merge-'));
  const path = join(folder, 'mcp-gateway.lock.json');
  const git = (...args: string[]): void => {
    const own = ['-c', 'user.name=n', '-c', 'user.email=e@example.com', '-c', 'init.defaultBranch=main'];
    execFileSync('git', [...own, ...args], { cwd: folder, stdio: 'pipe' });
  };
  const commit = (tools: readonly string[]): void => {
    const server = new Map(tools.map((name) => [lockKey('tool', name), `digest of ${name}`]));
    writeFileSync(path, lockText(new Map([['files', server]])));
    git('add', '.');
    git('commit', '-qm', tools.join());
  };
  try {
    try {
      git('init', '-q');
    } catch {
      skip('git is not there');
    }
    writeFileSync(join(folder, '.gitattributes'), 'mcp-gateway.lock.json merge=union\n');
    commit(['read']);
    git('checkout', '-qb', 'one');
    commit(['read', 'search', 'write']);
    git('checkout', '-q', 'main');
    commit(['append', 'read', 'tail']);
    git('merge', '-q', 'one', '-m', 'both');
    const server = readLock(readFileSync(path, 'utf8'), path).get('files');
    expect([...(server?.keys() ?? [])].sort()).toEqual(
      ['append', 'read', 'search', 'tail', 'write'].map((n) => `tool ${n}`),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
