import { appendFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { tempDirectory } from '../fixtures.ts';
import { LogFollower } from './follow-log.ts';

function follow(log: string, now?: () => number): () => string[] {
  const follower = new LogFollower(log, now);
  onTestFinished(() => follower.close());
  return () => follower.read().map(String);
}

function emptyLog(): string {
  const log = join(tempDirectory(), 'audit.jsonl');
  writeFileSync(log, 'before\n');
  return log;
}

it('reads what is written from now on, line by line', () => {
  const log = emptyLog();
  const read = follow(log);
  expect(read()).toEqual([]);
  appendFileSync(log, 'one\ntw');
  expect(read()).toEqual(['one']);
  appendFileSync(log, 'o\n\nthree\n');
  expect(read()).toEqual(['two', 'three']);
});

it('waits for a log that is not there yet', () => {
  const log = join(tempDirectory(), 'logs', 'audit.jsonl');
  mkdirSync(join(log, '..'));
  const read = follow(log);
  expect(read()).toEqual([]);
  writeFileSync(log, 'one\n');
  expect(read()).toEqual(['one']);
});

it('reads the end of a full file first, then every file after it', () => {
  const log = emptyLog();
  const read = follow(log);
  appendFileSync(log, 'one\n');
  renameSync(log, `${log}.000001`);
  appendFileSync(`${log}.000001`, 'two\n');
  writeFileSync(log, 'three\n');
  renameSync(log, `${log}.000002`);
  writeFileSync(log, 'four\n');
  expect(read()).toEqual(['one', 'two', 'three', 'four']);
  appendFileSync(`${log}.000001`, 'late\n');
  appendFileSync(log, 'five\n');
  expect(read().sort()).toEqual(['five', 'late']);
});

it('lets a full file go once nobody writes into it', () => {
  let now = 0;
  const log = emptyLog();
  const read = follow(log, () => now);
  renameSync(log, `${log}.000001`);
  writeFileSync(log, 'one\n');
  expect(read()).toEqual(['one']);
  now = 6000;
  read();
  appendFileSync(`${log}.000001`, 'too late\n');
  appendFileSync(log, 'two\n');
  expect(read()).toEqual(['two']);
});

it('goes on in a file that another program emptied or put in its place', () => {
  const log = emptyLog();
  const read = follow(log);
  truncateSync(log);
  appendFileSync(log, 'a\n');
  expect(read()).toEqual(['a']);
  renameSync(log, `${log}-20260101`);
  expect(read()).toEqual([]);
  writeFileSync(log, 'b\n');
  expect(read()).toEqual(['b']);
});

it('loses nothing and reads nothing twice, wherever rotations fall', () => {
  const step = fc.oneof(fc.constant('write'), fc.constant('rotate'), fc.constant('read'));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const log = emptyLog();
      const read = follow(log);
      const written: string[] = [];
      const seen: string[] = [];
      let rotations = 0;
      for (const what of [...steps, 'read']) {
        if (what === 'read') seen.push(...read());
        else if (what === 'write') {
          written.push(`line ${written.length}`);
          appendFileSync(log, `${written.at(-1)}\n`);
        } else {
          rotations++;
          renameSync(log, `${log}.${String(rotations).padStart(6, '0')}`);
          writeFileSync(log, '');
        }
      }
      expect(seen).toEqual(written);
    }),
    { numRuns: 60 },
  );
});
