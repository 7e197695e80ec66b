import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProcessInfo } from './process-table.ts';
import { createFamily, selectFamily } from './process-tree.ts';

const info = (pid: number, parent: number, group: number, marker?: string): ProcessInfo => ({
  pid,
  parent,
  group,
  started: `t${pid}`,
  marker,
});

const pids = (all: ProcessInfo[], known: [number, string][] = []): number[] =>
  selectFamily(all, { roots: new Set([100]), marked: (marker) => marker === 'gw.1' }, new Map(known)).map(
    ({ pid }) => pid,
  );

describe('the tree of a process', () => {
  it('has its group, its descendants outside the group, and everybody with its marker', () => {
    const all = [
      info(103, 102, 103),
      info(100, 50, 100),
      info(101, 1, 100),
      info(102, 100, 102),
      info(104, 1, 104, 'gw.1'),
      info(105, 104, 105),
      info(200, 50, 200, 'gw.2'),
      info(201, 1, 201),
    ];
    expect(pids(all).sort()).toEqual([100, 101, 102, 103, 104, 105]);
  });

  it('keeps members that lost their parent, but not a later process with the same id', () => {
    const all = [info(102, 1, 102), info(103, 1, 103)];
    const known: [number, string][] = [
      [102, 't102'],
      [103, 'another time'],
    ];
    expect(pids(all, known)).toEqual([102]);
  });

  it('never has the gateway itself or init', () => {
    expect(pids([info(process.pid, 1, 100), info(1, 0, 100, 'gw.1')])).toEqual([]);
  });
});

describe('a tree that cannot be looked at', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  const start = async (): Promise<{ child: ChildProcess; pid: number }> => {
    const script = 'process.on("SIGTERM",()=>{});setInterval(()=>{},1000);console.log("ready")';
    const child = spawn(process.execPath, ['-e', script], { detached: true });
    children.push(child);
    await once(child.stdout, 'data');
    return { child, pid: child.pid ?? 0 };
  };
  const blind = () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));

  it('is not taken for gone, and its group gets the signal', async () => {
    const { child, pid } = await start();
    const family = createFamily({ roots: new Set([pid]), marked: () => false }, blind);
    expect(await family.refresh()).toBe(1);
    const ended = once(child, 'exit');
    family.signal('SIGKILL');
    expect((await ended)[1]).toBe('SIGKILL');
    expect(await family.gone(10_000)).toBe(true);
  });

  it('has those that were seen before, also outside of the group', async () => {
    const [{ pid }, left] = await Promise.all([start(), start()]);
    const all = [info(pid, 1, pid), info(left.pid, pid, left.pid)];
    let look = () => Promise.resolve(all);
    const family = createFamily({ roots: new Set([pid]), marked: () => false }, () => look());
    expect(await family.refresh()).toBe(2);
    look = blind;
    const ended = once(left.child, 'exit');
    expect(await family.refresh()).toBe(3);
    family.signal('SIGKILL');
    expect((await ended)[1]).toBe('SIGKILL');
  });

  it('is gone where nobody of it is left', async () => {
    const { child, pid } = await start();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const family = createFamily({ roots: new Set([pid]), marked: () => false }, blind);
    expect(await family.gone(10_000)).toBe(true);
  });
});
