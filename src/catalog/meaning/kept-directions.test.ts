import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KeptDirections } from './kept-directions.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meanings-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const warnings: unknown[] = [];
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (...about: unknown[]) => void warnings.push(about),
  error: () => undefined,
};
const open = async (): Promise<KeptDirections> => {
  const kept = new KeptDirections(join(folder, 'meanings'), 'model', log);
  await kept.load();
  return kept;
};
const file = (): string => join(folder, 'meanings/model.vectors');

/** The numbers of a text, and whether they had to be made. */
function ask(kept: KeptDirections, text: string, numbers = [1, 2, 3, 4]): readonly [readonly number[], boolean] {
  let isMade = false;
  const found = kept.numbersOf(text, 4, () => {
    isMade = true;
    return Int8Array.from(numbers);
  });
  return [[...found], isMade];
}

it('keeps what was made for the next process, in a file of the owner alone', async () => {
  const one = await open();
  expect(ask(one, 'a tool')).toEqual([[1, 2, 3, 4], true]);
  expect(ask(one, 'a tool')).toEqual([[1, 2, 3, 4], false]);
  await one.close();
  expect(readdirSync(join(folder, 'meanings'))).toEqual(['model.vectors']);
  expect([statSync(file()).mode & 0o777, statSync(join(folder, 'meanings')).mode & 0o777]).toEqual([0o600, 0o700]);
  const two = await open();
  expect(ask(two, 'a tool', [4, 3, 2, 1])).toEqual([[1, 2, 3, 4], false]);
  expect(ask(two, 'another tool')[1]).toBe(true);
  const before = statSync(file()).mtimeMs;
  const three = await open();
  ask(three, 'a tool');
  await three.close();
  expect(statSync(file()).mtimeMs).toBe(before);
});

it('takes a file with another bit in it for none, and writes it anew', async () => {
  const one = await open();
  ask(one, 'a tool');
  await one.close();
  const good = readFileSync(file());
  for (let at = 0; at < good.length; at += 7) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] ?? 0) ^ 4;
    writeFileSync(file(), bad);
    const again = await open();
    expect(ask(again, 'a tool'), `byte ${at}`).toEqual([[1, 2, 3, 4], true]);
    await again.close();
    expect(readFileSync(file())).toEqual(good);
  }
  expect(warnings).toEqual([]);
});

it('goes on where nothing can be written, and says so', async () => {
  writeFileSync(join(folder, 'meanings'), 'a file');
  const kept = await open();
  expect(ask(kept, 'a tool')[1]).toBe(true);
  await kept.close();
  expect(warnings).toHaveLength(1);
});
