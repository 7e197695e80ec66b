import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, it, onTestFinished, vi } from 'vitest';
import { holdLock } from './hold-lock.ts';

/** No process has it: ids end below. */
const DEAD = 2 ** 30;

function lockPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-lock-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'lock');
}

function left(path: string, pid: number, secondsAgo = 0, host = hostname()): void {
  writeFileSync(path, `${pid} ${host}\n`);
  const then = Date.now() / 1000 - secondsAgo;
  utimesSync(path, then, then);
}

it('lets one work after the other, in order, whatever happens to them', async () => {
  const path = lockPath();
  const seen: string[] = [];
  const work = (name: string) =>
    holdLock(path, async () => {
      seen.push(`${name} starts`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} ends`);
      if (name === 'b') throw new Error('b failed');
      return name;
    });
  const results = await Promise.allSettled(['a', 'b', 'c'].map(work));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(seen).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  expect(existsSync(path)).toBe(false);
});

it('takes over from a process that died', async () => {
  const path = lockPath();
  left(path, DEAD);
  expect(await holdLock(path, async () => readFileSync(path, 'utf8'))).toBe(`${process.pid} ${hostname()}\n`);
});

it.each([
  ['on this machine', process.pid, hostname()],
  ['on another one', DEAD, 'elsewhere.example'],
])('does not take over from a living process %s that was asleep', async (_, pid, host) => {
  const path = lockPath();
  left(path, pid, 3600, host);
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  let got = false;
  const held = holdLock(path, async () => {
    got = true;
  });
  const looks = async (): Promise<void> => {
    const before = clock.mock.calls.length;
    await vi.waitUntil(() => got || clock.mock.calls.length > before + 6, { interval: 1 });
  };
  await looks();
  clock.mockReturnValue(20_000);
  await looks();
  // It is touched again: the time begins anew.
  left(path, pid, 3599, host);
  await looks();
  clock.mockReturnValue(49_000);
  await looks();
  expect(got).toBe(false);
  clock.mockReturnValue(51_000);
  await held;
  expect(got).toBe(true);
});

it('gives up in the end', async () => {
  const path = lockPath();
  left(path, process.pid);
  const clock = vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(61_000);
  onTestFinished(() => clock.mockRestore());
  await expect(holdLock(path, async () => 'never')).rejects.toMatchObject({ code: 'TIMEOUT' });
});

it('does not give back what is no longer its own', async () => {
  const path = lockPath();
  await holdLock(path, async () => left(path, DEAD, 0, 'elsewhere.example'));
  expect(readFileSync(path, 'utf8')).toContain('elsewhere.example');
});

it('leaves a stale lock to who is removing it already', async () => {
  const path = lockPath();
  left(path, DEAD);
  left(`${path}.stale`, process.pid);
  const clock = vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValue(61_000);
  onTestFinished(() => clock.mockRestore());
  await expect(holdLock(path, async () => 'never')).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(readFileSync(path, 'utf8')).toContain(String(DEAD));
  clock.mockRestore();
  left(`${path}.stale`, DEAD);
  expect(await holdLock(path, async () => 'mine')).toBe('mine');
  expect(existsSync(`${path}.stale`)).toBe(false);
});
