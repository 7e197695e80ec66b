import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changedScript, scriptsOf } from './script-files.ts';
import type { StdioDefinition } from './snapshot.ts';
import { makeSandbox, type Sandbox } from './testing.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
});
afterEach(() => box.remove());

type Entry = Partial<Omit<StdioDefinition, 'env'>> & { readonly env?: Readonly<Record<string, string>> };

const definition = ({ env = {}, ...more }: Entry): StdioDefinition => ({
  transport: 'stdio',
  command: 'node',
  args: [],
  cwd: undefined,
  ...more,
  env: new Map(Object.entries(env)),
});

const file = (name: string, text = 'good') => box.write(join(box.cwd, name), text);

/** The files found changed after something was done to the folder. */
async function changedAfter(entry: Entry, act: () => Promise<unknown>): Promise<string | undefined> {
  const made = definition(entry);
  const scripts = await scriptsOf(made, box.cwd);
  const trusted = { folder: box.cwd, scripts };
  expect(changedScript(await scriptsOf(made, box.cwd), trusted)).toBeUndefined();
  await act();
  return changedScript(await scriptsOf(made, box.cwd), trusted);
}

const CASES: [string, Entry, string][] = [
  ['an argument with a folder', { args: ['./server.cjs'] }, 'server.cjs'],
  ['a bare argument', { args: ['server.mjs'] }, 'server.mjs'],
  ['the command', { command: './bin/run' }, 'bin/run'],
  ['an argument without an ending of an interpreter', { args: ['--no-warnings', 'server'] }, 'server'],
  ['a name to which Node adds the ending', { args: ['./server'] }, 'server.js'],
  ['a folder', { args: ['./app'] }, 'app/index.js'],
  ['its manifest', { args: ['.', '--stdio'] }, 'package.json'],
  ['below the cwd of the entry', { cwd: 'sub', args: ['x.py'], command: 'python3' }, 'sub/x.py'],
  ['the value of an option', { args: ['--import=./hook.mjs', '-e', '0'] }, 'hook.mjs'],
  ['a short option', { args: ['-r./hook.cjs'] }, 'hook.cjs'],
  ['a URL', { args: ['--import', 'file:///CWD/url.mjs'] }, 'url.mjs'],
  ['the command of a shell', { command: 'sh', args: ['-c', 'cd /tmp && exec "CWD/go.sh" --fast'] }, 'go.sh'],
  ['an argument of another program', { command: 'npx', args: ['-y', 'tsx', 'src/main.ts'] }, 'src/main.ts'],
  ['what a runner reads', { command: 'npm', args: ['run', 'mcp'] }, 'package.json'],
  ['what a runner reads elsewhere', { command: 'uv', args: ['--directory', 'py', 'run', 'x'] }, 'py/pyproject.toml'],
  ['a configuration that may name commands', { command: 'mcp-proxy', args: ['--config', 'proxy.json'] }, 'proxy.json'],
  ['a variable that names code', { env: { NODE_OPTIONS: '--require ./hook.cjs' } }, 'hook.cjs'],
  ['a variable that names code as Node does', { env: { NODE_OPTIONS: '--require ./hook' } }, 'hook.js'],
  ['what a shell reads first', { command: 'bash', args: ['-c', 'true'], env: { BASH_ENV: './env' } }, 'env'],
  ['a script behind the value of an option', { args: ['-r', './hook.cjs', 'server'] }, 'server.js'],
  ['a value of an option, without its ending', { args: ['--require=./hook', 'server.js'] }, 'hook.js'],
  ['a module', { command: 'python3', args: ['-m', 'server'] }, 'server.py'],
  ['a package', { command: 'python', args: ['-u', '-m', 'tools.notes'] }, 'tools/notes/__main__.py'],
  ['a package around it', { command: 'python', args: ['-Im', 'tools.notes'] }, 'tools/__init__.py'],
  ['a module of a runner', { command: 'uv', args: ['--directory', 'py', 'run', '-m', 'srv'] }, 'py/srv.py'],
  ['a module elsewhere', { command: 'python', args: ['-m', 'srv'], env: { PYTHONPATH: 'lib' } }, 'lib/srv.py'],
  ['a command of a folder', { command: 'tool', env: { PATH: './bin:/usr/bin' } }, 'bin/tool'],
  ['a command of a package', { command: 'npx', args: ['-y', 'notes-mcp@1'] }, 'node_modules/.bin/notes-mcp'],
  ['a package of the project', { command: 'npx', args: ['@a/notes'] }, 'node_modules/@a/notes/package.json'],
  ['where packages come from', { command: 'npx', args: ['-y', 'notes-mcp'] }, '.npmrc'],
  ['what compose starts', { command: 'docker', args: ['compose', 'run', 'mcp'] }, 'compose.yaml'],
  ['what an older compose starts', { command: 'docker-compose', args: ['run', 'mcp'] }, 'docker-compose.yml'],
  ['what a runner sets', { command: 'direnv', args: ['exec', '.', 'mcp'] }, '.envrc'],
  ['what go compiles', { command: 'go', args: ['run', './cmd/srv'] }, 'cmd/srv/main.go'],
  ['in a folder that a shell goes to', { command: 'sh', args: ['-c', 'cd sub && ./run.sh'] }, 'sub/run.sh'],
  ['a library', { env: { LD_PRELOAD: 'CWD/evil.so' } }, 'evil.so'],
];

const placed = (entry: Entry): Entry =>
  JSON.parse(JSON.stringify(entry).replaceAll('/CWD', box.cwd).replaceAll('CWD', box.cwd));

it.each(CASES)('%s: another content is a change', async (_name, entry, name) => {
  await file(name);
  expect(await changedAfter(placed(entry), () => file(name, 'evil'))).toBe(name);
});

it.each(CASES)('%s: what appears later is a change, and so is what goes', async (_name, entry, name) => {
  await mkdir(join(box.cwd, name, '..'), { recursive: true });
  expect(await changedAfter(placed(entry), () => file(name))).toBe(name);
  if (!/folder|manifest/.test(_name))
    expect(await changedAfter(placed(entry), () => rm(join(box.cwd, name)))).toBe(name);
});

it.each<[string, Entry, string]>([
  ['a database', { args: ['--db', './notes.db'] }, 'notes.db'],
  ['a log', { args: ['--log=logs/x.log'] }, 'logs/x.log'],
  ['data of a variable', { env: { MEMORY_FILE_PATH: './memory.json' } }, 'memory.json'],
  ['the manifest of others', { command: 'npx', args: ['-y', 'notes-mcp'] }, 'package.json'],
  ['what docker does not read', { command: 'docker', args: ['run', '-i', 'mcp/notes'] }, 'compose.yaml'],
  ['another file of the folder', { args: ['./server.js'] }, 'README.md'],
])('%s may change', async (_name, entry, name) => {
  await file(name);
  expect(await changedAfter(entry, () => file(name, 'more'))).toBeUndefined();
});

it.each(['envFile', 'ca'])('the %s of an HTTP server counts', async (member) => {
  const link = {
    transport: 'http',
    url: 'https://example.com',
    headers: new Map(),
    [member]: await file('x'),
  } as const;
  const scripts = await scriptsOf(link, box.cwd);
  await file('x', 'evil');
  expect(changedScript(await scriptsOf(link, box.cwd), { folder: box.cwd, scripts })).toBe('x');
});

it('the documents of an API count, with the folders that they may refer to', async () => {
  const folder = pathToFileURL(`${box.cwd}/parts/`).href;
  const api = {
    base: undefined,
    digest: undefined,
    include: undefined,
    exclude: undefined,
    query: new Map(),
    cookies: new Map(),
  };
  const openapi = { ...api, document: await file('api.yaml'), references: [folder] };
  const link = { transport: 'openapi', url: 'https://example.com', headers: new Map(), openapi } as const;
  await file('parts/a/b.yaml');
  for (const name of ['api.yaml', 'parts/a/b.yaml']) {
    const scripts = await scriptsOf(link, box.cwd);
    await file(name, 'evil');
    expect(changedScript(await scriptsOf(link, box.cwd), { folder: box.cwd, scripts })).toBe(name);
  }
});

it('data that is run is no data', async () => {
  await file('tool.db', '#!/bin/sh\n');
  expect(await changedAfter({ command: 'sh', args: ['tool.db'] }, () => file('tool.db', '#!/bin/sh\nevil'))).toBe(
    'tool.db',
  );
  await chmod(await file('run.log'), 0o755);
  expect(await changedAfter({ command: 'env', args: ['./run.log'] }, () => file('run.log', 'evil'))).toBe('run.log');
});

it('a link is where it leads to', async () => {
  await file('real.js');
  await symlink('real.js', join(box.cwd, 'link.js'));
  expect(await changedAfter({ args: ['./link.js'] }, () => file('real.js', 'evil'))).toBe('link.js');
  const again = async (target: string): Promise<void> => {
    await symlink(target, join(box.cwd, 'new.js'));
    await rename(join(box.cwd, 'new.js'), join(box.cwd, 'link.js'));
  };
  await file('evil.js', 'other');
  expect(await changedAfter({ args: ['./link.js'] }, () => again('evil.js'))).toBe('link.js');
  expect(await changedAfter({ args: ['./link.js'] }, () => again('/bin/ls'))).toBe('link.js');
  expect(await changedAfter({ args: ['./link.js'] }, () => again('/bin/cat'))).toBe('link.js');
});

it('a link outside that leads into the folder counts, and what is elsewhere does not', async () => {
  await file('in.js');
  await symlink(box.cwd, join(box.home, 'way'));
  const way = join(box.home, 'way/in.js');
  expect(await changedAfter({ args: [way] }, () => file('in.js', 'evil'))).toBe(join('..', 'home/way/in.js'));
  const out = join(box.home, 'out.js');
  await writeFile(out, 'good');
  expect(await changedAfter({ args: [out, '../home/out.js'] }, () => writeFile(out, 'newer'))).toBeUndefined();
});

it('a pipe stops nobody', async () => {
  const { execFileSync } = await import('node:child_process');
  execFileSync('mkfifo', [join(box.cwd, 'pipe.js')]);
  expect(await scriptsOf(definition({ args: ['./pipe.js'] }), box.cwd)).toEqual([
    { path: join(box.cwd, 'pipe.js'), digest: 'no file' },
  ]);
});
