import { chmod, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tighten } from './file-rights.ts';
import { loadSnapshot } from './load-snapshot.ts';
import { RULES_FILE, SERVERS_FILE } from './locate-files.ts';
import { makeSandbox, RULES, type Sandbox, SERVERS } from './testing.ts';
import { readTrusted, trustFile } from './trusted-files.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
});
afterEach(() => box.remove());

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

it.each([
  [0o666, 0o664],
  [0o777, 0o775],
  [0o602, 0o600],
  [0o646, 0o644],
])('%o becomes %o, once, with a word', async (before, after) => {
  const path = await box.write(join(box.cwd, RULES_FILE), RULES);
  await chmod(path, before);
  expect(await tighten(path, box.own)).toMatchObject([
    { severity: 'warning', file: path, message: expect.stringContaining('Everybody could write this file') },
  ]);
  expect(await modeOf(path)).toBe(after);
  expect(await tighten(path, box.own)).toEqual([]);
});

it.each([0o600, 0o644, 0o640, 0o664])('%o stays', async (mode) => {
  const path = await box.write(join(box.cwd, RULES_FILE), RULES);
  await chmod(path, mode);
  expect(await tighten(path, box.own)).toEqual([]);
  expect(await modeOf(path)).toBe(mode);
});

it("the gateway's own folder is closed, another one is told of, and one like /tmp is fine", async () => {
  const own = await box.write(join(box.own, RULES_FILE), RULES);
  await chmod(box.own, 0o777);
  expect(await tighten(own, box.own)).toMatchObject([{ message: expect.stringContaining('the folder of this file') }]);
  expect(await modeOf(box.own)).toBe(0o775);
  const other = await box.write(join(box.cwd, RULES_FILE), RULES);
  await chmod(box.cwd, 0o777);
  expect(await tighten(other, box.own)).toMatchObject([
    { severity: 'warning', fix: expect.stringContaining('chmod o-w') },
  ]);
  expect(await modeOf(dirname(other))).toBe(0o777);
  await chmod(box.cwd, 0o1777);
  expect(await tighten(other, box.own)).toEqual([]);
});

it('both files are looked at when they are loaded', async () => {
  const paths = [
    await box.write(join(box.own, SERVERS_FILE), SERVERS),
    await box.write(join(box.own, RULES_FILE), RULES),
  ];
  for (const path of paths) await chmod(path, 0o666);
  const { snapshot } = await loadSnapshot(box.settings(), {});
  expect(
    snapshot.warnings.filter(({ message }) => message.startsWith('Everybody could write')).map(({ file }) => file),
  ).toEqual(paths);
  for (const path of paths) expect(await modeOf(path)).toBe(0o664);
});

it.each([0o666, 0o620, 0o602])('nobody relies on a trusted.json of mode %o', async (mode) => {
  const path = await box.write(trustFile(box.own), { version: 1, files: [] });
  await chmod(path, mode);
  await expect(readTrusted(box.own)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await chmod(path, 0o600);
  expect(await readTrusted(box.own)).toEqual([]);
});
