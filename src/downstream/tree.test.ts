import { describe, expect, it } from 'vitest';
import type { ProcessInfo } from './processes.ts';
import { selectFamily } from './tree.ts';

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
