import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../shared/errors.ts';
import { editBytes } from './edit/editor.ts';
import type { FileSystem } from './files.ts';
import { journalsFolder, readJournals } from './journal.ts';
import { revert } from './revert.ts';
import { applyChanges, type FileChange } from './transaction.ts';

const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'setup-')));
  made.push(dir);
  return dir;
}

/** Everything below a folder: content, mode, where links lead. */
function tree(dir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of fs.readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(dir, name);
    const facts = fs.lstatSync(file);
    const content = facts.isSymbolicLink()
      ? fs.readlinkSync(file)
      : facts.isFile()
        ? fs.readFileSync(file, 'utf8')
        : '';
    found[name] = `${(facts.mode & 0o7777).toString(8)} ${content}`;
  }
  return found;
}

const container = { path: ['mcpServers'] };
const ENTRY = { command: 'agent-mcp-gateway' };

/** Adds an entry to a file, as the commands do. */
function adding(file: string, owner = 'x'): FileChange {
  const before = fs.existsSync(file) ? fs.readFileSync(file) : undefined;
  const format = file.endsWith('.toml') ? 'toml' : 'json';
  const { bytes, made: count } = editBytes(format, before ?? Buffer.alloc(0), [
    { container, name: 'gateway', value: ENTRY },
  ]);
  return {
    path: file,
    before,
    after: bytes,
    format,
    edits: [{ container, name: 'gateway', made: count[0] ?? 0 }],
    owner,
  };
}

interface World {
  readonly dir: string;
  readonly root: string;
  readonly changes: readonly FileChange[];
}

/** Three files of clients: one with comments and rights of its own, one behind a link, one that is not there yet. */
function world(): World {
  const dir = folder();
  fs.writeFileSync(path.join(dir, 'a.json'), '{\n  // mine\n  "mcpServers": { "x": { "command": "x" } }\n}\r\n', {
    mode: 0o640,
  });
  fs.mkdirSync(path.join(dir, 'dotfiles'));
  fs.writeFileSync(path.join(dir, 'dotfiles/b.toml'), '[other]\na = 1 # one\n', { mode: 0o600 });
  fs.symlinkSync('dotfiles/b.toml', path.join(dir, 'b.toml'));
  const changes = ['a.json', 'b.toml', 'new/deep/c.json'].map((name) => adding(path.join(dir, name)));
  const gone = path.join(dir, 'gone.json');
  fs.writeFileSync(gone, '{}');
  return {
    dir,
    root: journalsFolder(path.join(dir, 'config')),
    changes: [...changes, { path: gone, before: Buffer.from('{}'), after: undefined, owner: 'x' }],
  };
}

/** Every file as one of the two contents that it may have. */
function statesOf({ changes }: World): string[] {
  return changes.map(({ path: file, before, after }) => {
    const now = fs.existsSync(file) ? fs.readFileSync(file) : undefined;
    if (now === undefined ? before === undefined : before?.equals(now)) return 'old';
    if (now === undefined ? after === undefined : after?.equals(now)) return 'new';
    return 'else';
  });
}

class Killed extends Error {}

/** Without waiting for the disk, which no test pulls out. */
const quick: FileSystem = new Proxy(fs, {
  get: (target, name: keyof FileSystem) => (name === 'fsyncSync' ? () => undefined : target[name]),
});

/** A file system whose process dies at a step: nothing happens from then on, and the step itself is half done where it can be. */
function dying(steps: number): { readonly files: FileSystem; readonly count: () => number } {
  let count = 0;
  const files = new Proxy(quick, {
    get(target, name: keyof FileSystem) {
      const work = target[name] as (...args: unknown[]) => unknown;
      if (typeof work !== 'function') return work;
      return (...args: unknown[]) => {
        if (/^(?:read|stat|lstat|fstat|exists|real)/.test(name)) {
          if (count > steps) throw new Killed();
          return work.apply(target, args);
        }
        count++;
        if (count > steps) {
          if (count === steps + 1 && name === 'writeSync') fs.writeSync(args[0] as number, args[1] as Buffer, 0, 7);
          throw new Killed();
        }
        return work.apply(target, args);
      };
    },
  });
  return { files, count: () => count };
}

function recover(root: string): void {
  for (const journal of readJournals(fs, root, true).reverse()) revert(journal, { root, files: quick });
}

describe('a run that is killed', () => {
  const { files, count } = dying(Number.POSITIVE_INFINITY);
  const whole = world();
  applyChanges(whole.changes, { root: whole.root, label: 'connect', files });
  const steps = count();
  fs.rmSync(whole.dir, { recursive: true });

  it('has many steps', () => expect(steps).toBeGreaterThan(60));

  it('at any step leaves the old or the new of each file, and undo gives all bytes back', { timeout: 120_000 }, () => {
    for (let step = 0; step < steps; step++) {
      const one = world();
      const before = tree(one.dir);
      expect(() => applyChanges(one.changes, { root: one.root, label: 'connect', files: dying(step).files })).toThrow(
        Killed,
      );
      expect(statesOf(one), `step ${step}`).not.toContain('else');
      recover(one.root);
      const after = tree(one.dir);
      for (const name of ['config', 'config/setup']) if (!(name in before)) delete after[name];
      expect(after, `step ${step}`).toEqual(before);
      fs.rmSync(one.dir, { recursive: true });
    }
  });

  it('and so does an undo that is killed at any step', { timeout: 120_000 }, () => {
    const { files: counting, count: undoSteps } = dying(Number.POSITIVE_INFINITY);
    const first = world();
    const journal = applyChanges(first.changes, { root: first.root, label: 'connect' });
    if (journal === undefined) throw new Error('Nothing changed.');
    revert(journal, { root: first.root, files: counting });
    for (let step = 0; step < undoSteps(); step++) {
      const one = world();
      const before = tree(one.dir);
      const written = applyChanges(one.changes, { root: one.root, label: 'connect', files: quick });
      if (written === undefined) throw new Error('Nothing changed.');
      expect(() => revert(written, { root: one.root, files: dying(step).files })).toThrow(Killed);
      expect(statesOf(one), `step ${step}`).not.toContain('else');
      recover(one.root);
      const after = tree(one.dir);
      for (const name of ['config', 'config/setup', 'new', 'new/deep']) if (!(name in before)) delete after[name];
      expect(after, `step ${step}`).toEqual(before);
      fs.rmSync(one.dir, { recursive: true });
    }
  });

  it('property: 1,000 random points in apply and undo, one after the other', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: steps - 1 }), fc.integer({ min: 0, max: 60 }), (step, undoStep) => {
        const one = world();
        expect(() => applyChanges(one.changes, { root: one.root, label: 'x', files: dying(step).files })).toThrow(
          Killed,
        );
        for (const journal of readJournals(fs, one.root, true)) {
          try {
            revert(journal, { root: one.root, files: dying(undoStep).files });
          } catch (error) {
            if (!(error instanceof Killed)) throw error;
          }
        }
        expect(statesOf(one)).not.toContain('else');
        recover(one.root);
        expect(statesOf(one)).toEqual(['old', 'old', 'old', 'old']);
        fs.rmSync(one.dir, { recursive: true });
      }),
      { numRuns: 500 },
    );
  });
});

describe('a run', () => {
  it('keeps mode, links and what is not its own, and is taken back whole', () => {
    const one = world();
    const before = tree(one.dir);
    const journal = applyChanges(one.changes, { root: one.root, label: 'connect' });
    const after = tree(one.dir);
    expect(statesOf(one)).toEqual(['new', 'new', 'new', 'new']);
    expect(after['a.json']).toMatch(/^640 .*\/\/ mine.*"gateway"/s);
    expect(after['b.toml']).toBe(before['b.toml']);
    expect(after['dotfiles/b.toml']).toMatch(/^600 .*# one.*mcpServers\.gateway/s);
    if (journal === undefined) throw new Error('Nothing changed.');
    expect(revert(journal, { root: one.root }).map(({ outcome }) => outcome)).toEqual([
      'restored',
      'removed',
      'restored',
      'restored',
    ]);
    const { config: _config, ...rest } = tree(one.dir);
    expect(rest).toEqual(before);
  });

  it('keeps contents where nobody else can read them', () => {
    const one = world();
    const journal = applyChanges(one.changes, { root: one.root, label: 'connect' });
    for (const [name, facts] of Object.entries(tree(one.root))) {
      expect(facts, name).toMatch(/^(?:700 $|600 )/);
    }
    expect(fs.readFileSync(path.join(one.root, journal?.id ?? '', 'journal.json'), 'utf8')).not.toContain('mine');
  });

  it('that changes nothing writes nothing', () => {
    const dir = folder();
    const file = path.join(dir, 'a.json');
    fs.writeFileSync(file, '{}');
    const same = { path: file, before: Buffer.from('{}'), after: Buffer.from('{}'), owner: 'x' };
    expect(applyChanges([same], { root: journalsFolder(dir), label: 'x' })).toBeUndefined();
    expect(fs.readdirSync(dir)).toEqual(['a.json']);
  });

  it.each<[string, (one: World) => void, RegExp]>([
    ['changed since', ({ dir }) => fs.appendFileSync(path.join(dir, 'b.toml'), '#\n'), /b\.toml changed since/],
    [
      'was made since',
      ({ dir }) => {
        fs.mkdirSync(path.join(dir, 'new/deep'), { recursive: true });
        fs.writeFileSync(path.join(dir, 'new/deep/c.json'), '');
      },
      /c\.json changed since/,
    ],
    ['is gone', ({ dir }) => fs.rmSync(path.join(dir, 'a.json')), /a\.json changed since/],
    ['is read-only', ({ dir }) => fs.chmodSync(path.join(dir, 'a.json'), 0o444), /read-only/],
    ['has two names', ({ dir }) => fs.linkSync(path.join(dir, 'a.json'), path.join(dir, 'other')), /hard links/],
    [
      'is a folder',
      ({ dir }) => {
        fs.rmSync(path.join(dir, 'gone.json'));
        fs.mkdirSync(path.join(dir, 'gone.json'));
      },
      /no regular file/,
    ],
  ])('writes nothing where a file %s', (_name, change, reason) => {
    const one = world();
    change(one);
    const before = tree(one.dir);
    expect(() => applyChanges(one.changes, { root: one.root, label: 'x' })).toThrow(reason);
    expect(tree(one.dir)).toEqual(before);
  });

  it('that fails on the way takes back what it wrote', () => {
    const one = world();
    const before = tree(one.dir);
    // Something stands where a folder should be, which only shows when it is made.
    const files = new Proxy(fs, {
      get: (target, name: keyof FileSystem) =>
        name === 'mkdirSync'
          ? (dir: string, options: object) => {
              if (dir.endsWith('deep')) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
              return fs.mkdirSync(dir, options);
            }
          : target[name],
    });
    expect(() => applyChanges(one.changes, { root: one.root, label: 'x', files })).toThrow(GatewayError);
    const { config: _config, ...after } = tree(one.dir);
    expect(after).toEqual(before);
  });

  it.runIf(process.getuid?.() === 0)('keeps the owner', () => {
    const one = world();
    fs.chownSync(path.join(one.dir, 'a.json'), 1234, 4321);
    const journal = applyChanges(one.changes, { root: one.root, label: 'x' });
    const owner = (): number[] => {
      const { uid, gid } = fs.statSync(path.join(one.dir, 'a.json'));
      return [uid, gid];
    };
    expect(owner()).toEqual([1234, 4321]);
    if (journal !== undefined) revert(journal, { root: one.root });
    expect(owner()).toEqual([1234, 4321]);
  });
});

describe('undo, where somebody changed the file since', () => {
  const file = (dir: string): string => path.join(dir, 'a.json');
  const start = (text: string): { dir: string; undo: () => ReturnType<typeof revert> } => {
    const dir = folder();
    fs.writeFileSync(file(dir), text);
    const root = journalsFolder(path.join(dir, 'config'));
    const names = Object.keys((JSON.parse(text) as { mcpServers?: object }).mcpServers ?? {});
    const before = fs.readFileSync(file(dir));
    const { bytes } = editBytes('json', before, [
      ...names.map((name) => ({ container, name })),
      { container, name: 'gateway', value: ENTRY },
    ]);
    const edits = [...names, 'gateway'].map((name) => ({ container, name }));
    const journal = applyChanges([{ path: file(dir), before, after: bytes, format: 'json', edits, owner: 'x' }], {
      root,
      label: 'x',
    });
    if (journal === undefined) throw new Error('Nothing changed.');
    return { dir, undo: () => revert(journal, { root }) };
  };
  const TEXT = '{\n  "n": 1,\n  "mcpServers": {\n    "a": { "command": "a" },\n    "b": { "command": "b" }\n  }\n}\n';
  const change = (dir: string, from: string, to: string): void =>
    fs.writeFileSync(file(dir), fs.readFileSync(file(dir), 'utf8').replace(from, to));

  it('only our entries change', () => {
    const { dir, undo } = start(TEXT);
    change(dir, '"n": 1', '"n": 2, "history": ["x"]');
    expect(undo()[0]).toMatchObject({ outcome: 'edited' });
    const now = JSON.parse(fs.readFileSync(file(dir), 'utf8'));
    expect(now).toEqual({ n: 2, history: ['x'], mcpServers: { a: { command: 'a' }, b: { command: 'b' } } });
    expect(Object.keys(now.mcpServers)).toEqual(['a', 'b']);
  });

  it('an entry that somebody changed stays, and is named', () => {
    const { dir, undo } = start(TEXT);
    change(dir, 'agent-mcp-gateway', '/opt/agent-mcp-gateway');
    expect(undo()[0]).toMatchObject({ outcome: 'edited', left: expect.stringContaining('gateway') });
    expect(fs.readFileSync(file(dir), 'utf8')).toContain('/opt/agent-mcp-gateway');
  });

  it('an entry that was taken out is kept where another has its name now', () => {
    const dir = folder();
    const root = journalsFolder(path.join(dir, 'config'));
    fs.writeFileSync(file(dir), TEXT);
    const before = fs.readFileSync(file(dir));
    const edits = [{ container, name: 'a' }];
    const after = editBytes('json', before, edits).bytes;
    applyChanges([{ path: file(dir), before, after, format: 'json', edits, owner: 'x' }], { root, label: 'x' });
    const undo = () => readJournals(fs, root).flatMap((journal) => revert(journal, { root }));
    const theirs = editBytes('json', after, [{ container, name: 'a', value: { command: 'other' } }]).bytes;
    fs.writeFileSync(file(dir), theirs);
    expect(undo()[0]).toMatchObject({ outcome: 'kept', left: expect.stringContaining(': a.') });
    expect(fs.readFileSync(file(dir))).toEqual(theirs);
    fs.writeFileSync(file(dir), theirs.toString().replace('"a": {', '"mine": {'));
    expect(undo()[0]).toMatchObject({ outcome: 'edited' });
    const { mcpServers } = JSON.parse(fs.readFileSync(file(dir), 'utf8'));
    expect(mcpServers).toEqual({ a: { command: 'a' }, b: { command: 'b' }, mine: { command: 'other' } });
  });

  it('looking at the journals leaves a run alone that has none yet', () => {
    const root = journalsFolder(folder());
    const begun = path.join(root, '1700000000000-abcd');
    fs.mkdirSync(begun, { recursive: true });
    expect(readJournals(fs, root)).toEqual([]);
    expect(fs.existsSync(begun)).toBe(true);
    expect(readJournals(fs, root, true)).toEqual([]);
    expect(fs.existsSync(begun)).toBe(false);
  });

  it('a file that cannot be read any more stays, and so does its journal', () => {
    const { dir, undo } = start(TEXT);
    change(dir, '{', '{{');
    expect(undo()[0]).toMatchObject({ outcome: 'kept' });
    expect(readJournals(fs, journalsFolder(path.join(dir, 'config'))).length).toBe(1);
    change(dir, '{{', '{');
    expect(undo()[0]).toMatchObject({ outcome: 'restored' });
    expect(fs.readFileSync(file(dir), 'utf8')).toBe(TEXT);
  });

  it('a file that is gone is left alone', () => {
    const { dir, undo } = start(TEXT);
    fs.rmSync(file(dir));
    expect(undo()[0]).toMatchObject({ outcome: 'unchanged' });
    expect(fs.existsSync(file(dir))).toBe(false);
  });
});
