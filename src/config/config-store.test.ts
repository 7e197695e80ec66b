import { mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from './config-files.ts';
import { type ConfigStore, type ConfigStoreOptions, createConfigStore, type ReloadOutcome } from './config-store.ts';
import { RULES_FILE, SERVERS_FILE } from './locate-files.ts';
import type { Flags } from './settings.ts';
import { makeSandbox, RULES, type Sandbox, SERVERS } from './testing.ts';
import { addTrusted } from './trusted-files.ts';

let box: Sandbox;
let store: ConfigStore | undefined;
let outcomes: ReloadOutcome[];
let waiting: (() => void)[];
let errors: unknown[];
let serversPath: string;
let rulesPath: string;

beforeEach(async () => {
  box = await makeSandbox();
  outcomes = [];
  waiting = [];
  errors = [];
  serversPath = await box.write(join(box.own, SERVERS_FILE), SERVERS);
  rulesPath = await box.write(join(box.own, RULES_FILE), RULES);
});
afterEach(async () => {
  store?.close();
  await box.remove();
});

async function open(flags: Flags = {}, watch = true, agree?: ConfigStoreOptions['agree']): Promise<ConfigStore> {
  store = await createConfigStore({
    ...(agree === undefined ? {} : { agree }),
    settings: box.settings(flags),
    env: {},
    watch,
    times: { pollMs: 50, debounceMs: 20 },
    onReload: (outcome) => {
      outcomes.push(outcome);
      for (const wake of waiting.splice(0)) wake();
    },
    onError: (error) => errors.push(error),
  });
  return store;
}

/** The next outcome for which `wanted` holds; a half-written file may be refused in between. */
async function next<K extends ReloadOutcome['kind']>(kind: K): Promise<Extract<ReloadOutcome, { kind: K }>> {
  for (;;) {
    const outcome = outcomes.shift();
    if (outcome === undefined) await new Promise<void>((wake) => waiting.push(wake));
    else if (isKind(outcome, kind)) return outcome;
  }
}

function isKind<K extends ReloadOutcome['kind']>(
  outcome: ReloadOutcome,
  kind: K,
): outcome is Extract<ReloadOutcome, { kind: K }> {
  return outcome.kind === kind;
}

const servers = (...names: string[]) =>
  JSON.stringify({ mcpServers: Object.fromEntries(names.map((name) => [name, { command: name }])) });

async function replaceByRename(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

test('an edit in place is applied, with what changed', async () => {
  const config = await open();
  const before = config.current();
  await writeFile(serversPath, servers('files-2', 'other'));
  const { changes } = await next('applied');
  expect(changes).toEqual({ added: ['files-2', 'other'], removed: ['files'], updated: [], unchanged: [] });
  expect([...config.current().servers.keys()]).toEqual(['files-2', 'other']);
  expect([...before.servers.keys()]).toEqual(['files']);
});

test('a file that is renamed over the old one is applied, again and again', async () => {
  const config = await open();
  for (const name of ['one', 'two', 'three']) {
    await replaceByRename(rulesPath, JSON.stringify({ agents: { [name]: {} } }));
    await next('applied');
    expect(config.current().policy.agents).toEqual([name]);
  }
});

test('a swapped link is applied, as Kubernetes swaps ..data', async () => {
  const mount = join(box.home, 'mount');
  for (const [version, agent] of Object.entries({ '..v1': 'old', '..v2': 'new' })) {
    await box.write(join(mount, version, SERVERS_FILE), SERVERS);
    await box.write(join(mount, version, RULES_FILE), { agents: { [agent]: {} } });
  }
  await symlink('..v1', join(mount, '..data'));
  await symlink(join('..data', SERVERS_FILE), join(mount, 'servers.json'));
  await symlink(join('..data', RULES_FILE), join(mount, 'rules.json'));
  const config = await open({ mcpConfig: join(mount, 'servers.json'), rules: join(mount, 'rules.json') });
  expect(config.current().policy.agents).toEqual(['old']);

  await symlink('..v2', join(mount, '..data_tmp'));
  await rename(join(mount, '..data_tmp'), join(mount, '..data'));
  await rm(join(mount, '..v1'), { recursive: true });
  await next('applied');
  expect(config.current().policy.agents).toEqual(['new']);
});

test.each<[string, (path: string) => Promise<void>]>([
  ['truncated', (path) => truncate(path, 0)],
  ['half-written', (path) => truncate(path, 20)],
  ['deleted', (path) => rm(path)],
  ['garbage', (path) => writeFile(path, '\u0000\u0001')],
  ['D4: with an unknown key', (path) => writeFile(path, '{"agents": {}, "denny": {}}')],
])('a rules file that is %s changes nothing and is reported; mending it works', async (_name, damage) => {
  const config = await open();
  const before = config.current();
  const started = performance.now();
  await damage(rulesPath);
  const { error } = await next('refused');
  expect(performance.now() - started).toBeLessThan(2000);
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(`${rulesPath}:1:`) });
  expect(config.current()).toBe(before);
  expect(config.status().gateway_rules).toMatchObject({ success_count: 0, last_success: null });
  expect(config.status().gateway_rules.last_error).toContain(rulesPath);
  expect(config.status().mcp_config).toMatchObject({ attempt_count: 0, last_error: null });

  await replaceByRename(rulesPath, JSON.stringify({ agents: { mended: {} } }));
  await next('applied');
  expect(config.current().policy.agents).toEqual(['mended']);
  expect(config.status().gateway_rules).toMatchObject({ last_error: null, success_count: 1 });
});

test('a bad file that becomes what is in use again is reported as well', async () => {
  const config = await open();
  const before = config.current();
  await replaceByRename(rulesPath, '{');
  await next('refused');
  await replaceByRename(rulesPath, JSON.stringify(RULES));
  await next('unchanged');
  expect(config.current()).toBe(before);
  expect(config.status().gateway_rules).toMatchObject({ attempt_count: 2, success_count: 1, last_error: null });
});

test('both files are one configuration: a good file waits for the other one', async () => {
  const config = await open({}, false);
  await writeFile(serversPath, '{');
  await store?.reload();
  await writeFile(rulesPath, JSON.stringify({ agents: { later: {} } }));
  expect(await store?.reload()).toMatchObject({ kind: 'refused' });
  expect(config.status().gateway_rules.last_error).toBe('Not applied: the other file has errors.');
  expect(config.current().policy.agents).toEqual(['dev']);
  await writeFile(serversPath, servers('a'));
  expect(await store?.reload()).toMatchObject({ kind: 'applied' });
  expect(config.current().policy.agents).toEqual(['later']);
  expect(config.status()).toMatchObject({ gateway_rules: { last_error: null }, mcp_config: { last_error: null } });
});

test('writing the same content again is no reload, however it is written', async () => {
  const config = await open({}, false);
  const before = config.current();
  await replaceByRename(rulesPath, JSON.stringify(RULES));
  await writeFile(serversPath, JSON.stringify(SERVERS));
  expect(await config.reload()).toEqual({ kind: 'unchanged' });
  expect(config.current()).toBe(before);
});

test('reload() says what became of it, and counts for both files', async () => {
  const config = await open({}, false);
  expect(config.status().mcp_config).toEqual({
    last_attempt: null,
    last_success: null,
    last_error: null,
    attempt_count: 0,
    success_count: 0,
    last_warnings: [],
  });
  expect(await config.reload()).toEqual({ kind: 'unchanged' });
  expect(config.status()).toMatchObject({
    mcp_config: { attempt_count: 1, success_count: 1 },
    gateway_rules: { attempt_count: 1, success_count: 1 },
  });
  expect(config.status().mcp_config.last_attempt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  await writeFile(rulesPath, JSON.stringify({ agents: { dev: { allow: { servers: ['gone'] } } } }));
  expect(await config.reload()).toMatchObject({ kind: 'applied', changes: { unchanged: ['files'] } });
  expect(config.status().gateway_rules.last_warnings).toMatchObject([expect.stringContaining('"gone"')]);
});

test('many reloads at once are done one after the other', async () => {
  const config = await open({}, false);
  await writeFile(serversPath, servers('x'));
  const results = await Promise.all(Array.from({ length: 20 }, () => config.reload()));
  expect(results.map((result) => result.kind)).toEqual(['applied', ...Array(19).fill('unchanged')]);
  expect(config.status().mcp_config.attempt_count).toBe(20);
});

test('subscribers get the new snapshot; one that throws harms nobody', async () => {
  const config = await open({}, false);
  const seen: unknown[] = [];
  config.subscribe(() => {
    throw new Error('listener');
  });
  const end = config.subscribe((next) => seen.push(next));
  await writeFile(serversPath, servers('files'));
  expect(await config.reload()).toMatchObject({ kind: 'applied' });
  expect(seen).toEqual([config.current()]);
  expect(errors).toMatchObject([{ message: 'listener' }]);
  end();
  await writeFile(serversPath, servers('y'));
  await config.reload();
  expect(seen).toHaveLength(1);
});

test('a configuration that others fail to use is in use here, and is said to be', async () => {
  const config = await open({}, false, async () => () => Promise.reject(new Error('a worker')));
  await writeFile(serversPath, servers('x'));
  expect(await config.reload()).toMatchObject({ kind: 'applied', changes: { added: ['x'] } });
  expect([...config.current().servers.keys()]).toEqual(['x']);
  expect(outcomes.map(({ kind }) => kind)).toEqual(['applied']);
  expect(errors).toMatchObject([{ message: 'a worker' }]);
});

test('D13: a trusted file of the working directory that changes is refused until it is trusted again', async () => {
  const path = await box.write(join(box.cwd, RULES_FILE), RULES);
  const trust = async (text: string) =>
    addTrusted(box.own, [{ path, sha256: sha256(text), trusted_at: '2026-01-01T00:00:00Z' }]);
  await trust(JSON.stringify(RULES));
  const config = await open();
  expect(config.location.rules).toEqual({ path, needsTrust: true, folder: box.cwd });

  const changed = JSON.stringify({ agents: { intruder: { allow: { servers: ['*'] } } } });
  await replaceByRename(path, changed);
  const { error } = await next('refused');
  expect(error.message).toMatch(/changed since it was trusted.*agent-mcp-gateway trust/);
  expect(config.current().policy.agents).toEqual(['dev']);

  await trust(changed);
  await next('applied');
  expect(config.current().policy.agents).toEqual(['intruder']);
});

test('a start with a bad or missing file is an error', async () => {
  await writeFile(rulesPath, '{');
  await expect(open()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await rm(rulesPath);
  await expect(open()).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' });
});

test('the folder may vanish and come back', async () => {
  const config = await open();
  await rename(box.own, `${box.own}.away`);
  await next('refused');
  await mkdir(box.own);
  await writeFile(serversPath, servers('back'));
  await replaceByRename(rulesPath, JSON.stringify(RULES));
  await next('applied');
  expect([...config.current().servers.keys()]).toEqual(['back']);
});
