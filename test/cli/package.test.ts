/** The package as it is published: what it carries of others, it names, with their licences. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { rolldown } from 'rolldown';
import { expect, it } from 'vitest';
import { main } from '../support/paths.ts';
import { runProgram } from '../support/process.ts';

const dist = path.dirname(main);
const root = path.dirname(dist);
const read = (file: string): string => readFileSync(path.join(dist, file), 'utf8');
const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

it('has the licences of what it carries, and a bill of materials', async () => {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env['HOME'] ?? '' };
  const { stdout } = await runProgram('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { env, cwd: root });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const names = files.map((file) => file.path);
  expect(names).toEqual(expect.arrayContaining(['LICENSE', 'dist/THIRD-PARTY.txt', 'dist/sbom.cdx.json']));
  expect(names.filter((name) => name.startsWith('node_modules/'))).toEqual([]);
});

it('names every package whose code is in it', async () => {
  // Asks the bundler again, without what writes the files.
  const { default: config } = await import(path.join(root, 'rolldown.config.js'));
  const bundle = await rolldown({ ...config, cwd: root, plugins: [] });
  const { output } = await bundle.generate({ format: 'cjs' });
  await bundle.close();
  const modules = output.flatMap((part) => (part.type === 'chunk' ? Object.keys(part.modules) : []));
  const folders = new Set(modules.flatMap((id) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
  expect(folders.size).toBeGreaterThan(15);
  const sbom = json(path.join(dist, 'sbom.cdx.json')) as { components: { purl: string; licenses: unknown[] }[] };
  const listed = new Map(sbom.components.map(({ purl, licenses }) => [decodeURIComponent(purl), licenses]));
  const licences = read('THIRD-PARTY.txt');
  for (const folder of folders) {
    const { name, version, license } = json(path.join(folder, 'package.json'));
    expect(listed.get(`pkg:npm/${name}@${version}`), name).toEqual([{ license: { id: license } }]);
    expect(licences).toContain(`${name} ${version} (${license})`);
  }
  // Their texts and not only their names.
  expect(licences.match(/Permission is hereby granted/g)?.length).toBeGreaterThan(10);
  expect(sbom).toMatchObject({
    bomFormat: 'CycloneDX',
    metadata: { component: { version: json(path.join(root, 'package.json')).version } },
  });
});

// A getter is called for every use, also on the path of a call.
it('exports functions from its chunks as they are', () => {
  const chunks = readdirSync(path.join(dist, 'chunks')).map((file) => read(path.join('chunks', file)));
  const getters = chunks.flatMap((code) => {
    const named = code.matchAll(/defineProperty\(exports, "\w+", \{[^{}]*get: function\(\) \{\s*return (\w+);/g);
    return Array.from(named, ([, name = '']) => name).filter((name) => code.includes(`\nfunction ${name}(`));
  });
  expect(getters).toEqual([]);
  expect(chunks.join('\n').match(/^(?:.*\), )?exports\.\w+ = \w+/gm)?.length).toBeGreaterThan(10);
});
