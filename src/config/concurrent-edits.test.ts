import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sha256 } from './config-files.ts';
import { openRules } from './edit-rules.ts';
import { makeSandbox, type Sandbox } from './testing.ts';
import { addTrusted, readTrusted, revokeTrusted } from './trusted-files.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
});
afterEach(() => box.remove());

it('of commands that change the rules at one time, each keeps its change or says that it did not', async () => {
  const folder = join(box.home, 'rules');
  await mkdir(folder);
  const path = join(folder, 'rules.json');
  await writeFile(path, '{"agents":{"a":{}}}');
  const settings = box.settings({ rules: path });
  const names = Array.from({ length: 8 }, (_, at) => `p${at}`);
  const editors = await Promise.all(names.map(() => openRules(settings)));
  const entry = (name: string) => ({ token_sha256: sha256(name), may_assume: ['a'] });
  const done = await Promise.allSettled(
    editors.map((editor, at) => editor.addPrincipals(new Map([[`p${at}`, entry(`p${at}`)]]))),
  );
  const kept = names.filter((_, at) => done[at]?.status === 'fulfilled');
  const { principals } = JSON.parse(await readFile(path, 'utf8')) as { principals: object };
  expect(kept).not.toHaveLength(0);
  expect(Object.keys(principals)).toEqual(kept);
  expect(await readdir(folder)).toEqual(['rules.json']);
});

it('what is trusted, and no longer trusted, at one time is all kept', async () => {
  const file = (path: string) => ({ path, sha256: 'x', trusted_at: 'now' });
  await addTrusted(box.own, [file('/old')]);
  await Promise.all([
    ...Array.from({ length: 8 }, (_, at) => addTrusted(box.own, [file(`/f${at}`)])),
    revokeTrusted(box.own, ['/old']),
  ]);
  const paths = (await readTrusted(box.own)).map(({ path }) => path).sort();
  expect(paths).toEqual(Array.from({ length: 8 }, (_, at) => `/f${at}`));
});
