import { chmod, mkdir, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from './config-files.ts';
import { locateConfig, RULES_FILE, SERVERS_FILE } from './locate-files.ts';
import { makeSandbox, RULES, type Sandbox, SERVERS } from './testing.ts';
import { addTrusted, readTrusted, revokeTrusted, trustFile } from './trusted-files.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
});
afterEach(() => box.remove());

const here = (name: string) => join(box.cwd, name);
const own = (name: string) => join(box.own, name);

async function trust(path: string): Promise<void> {
  const hash = sha256(await readFile(path));
  await addTrusted(box.own, [{ path, sha256: hash, trusted_at: '2026-01-01T00:00:00.000Z' }]);
}

async function writeAll(): Promise<void> {
  for (const folder of [box.cwd, box.own, here('config')]) {
    await box.write(join(folder, SERVERS_FILE), SERVERS);
    await box.write(join(folder, RULES_FILE), RULES);
  }
}

test('D13: files in the working directory are not used until they are trusted, and one line each says so', async () => {
  await writeAll();
  const location = await locateConfig(box.settings());
  expect(location.servers).toEqual({ path: own(SERVERS_FILE), needsTrust: false });
  expect(location.rules).toEqual({ path: own(RULES_FILE), needsTrust: false });
  expect(location.notes).toHaveLength(2);
  expect(location.notes[0]).toContain(here(SERVERS_FILE));
  expect(location.notes[0]).toMatch(/not trusted.*agent-mcp-gateway trust/);
  expect(location.notes.join()).not.toContain('\n');
});

test('D13: a trusted file of the working directory comes first', async () => {
  await writeAll();
  await trust(here(SERVERS_FILE));
  const location = await locateConfig(box.settings());
  expect(location.servers).toEqual({ path: here(SERVERS_FILE), needsTrust: true, folder: box.cwd });
  expect(location.rules).toEqual({ path: own(RULES_FILE), needsTrust: false });
});

test.each([
  [
    'was changed',
    (path: string) => box.write(path, { agents: { evil: { allow: { servers: ['*'] } } } }),
    /changed since/,
  ],
  ['was deleted', (path: string) => rm(path), /is gone/],
  ['is a folder now', (path: string) => rm(path).then(() => mkdir(path)), /cannot be read/],
  ['is a link to nothing', (path: string) => rm(path).then(() => symlink('nothing', path)), /is gone/],
])('D13: a trusted file that %s lets nothing start, although other places have one', async (_name, spoil, why) => {
  await writeAll();
  for (const name of [RULES_FILE, SERVERS_FILE]) {
    await trust(here(name));
    await spoil(here(name));
    const error = await locateConfig(box.settings()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(why) });
    expect(String(error)).toContain(here(name));
    expect(String(error)).toContain(`agent-mcp-gateway trust --revoke ${here(name)}`);
    await revokeTrusted(box.own, [here(name)]);
    expect((await locateConfig(box.settings())).rules.path).toBe(own(RULES_FILE));
  }
});

test('D13: GATEWAY_TRUST_CWD=1 uses them unasked', async () => {
  await writeAll();
  const location = await locateConfig(box.settings({}, { GATEWAY_TRUST_CWD: '1' }));
  expect(location).toEqual({
    servers: { path: here(SERVERS_FILE), needsTrust: false },
    rules: { path: here(RULES_FILE), needsTrust: false },
    notes: [],
  });
});

test('the folder config below the working directory comes last, and needs trust too', async () => {
  await box.write(here(join('config', SERVERS_FILE)), SERVERS);
  await box.write(own(RULES_FILE), RULES);
  await expect(locateConfig(box.settings())).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' });
  await trust(here(join('config', SERVERS_FILE)));
  const location = await locateConfig(box.settings());
  expect(location.servers).toEqual({
    path: here(join('config', SERVERS_FILE)),
    needsTrust: true,
    folder: box.cwd,
  });
});

test('named files are used without trust, wherever they are', async () => {
  await writeAll();
  const flags = { mcpConfig: SERVERS_FILE };
  const location = await locateConfig(box.settings(flags, { GATEWAY_RULES: here(RULES_FILE) }));
  expect(location).toMatchObject({
    servers: { path: here(SERVERS_FILE) },
    rules: { path: here(RULES_FILE) },
    notes: [],
  });
});

test('a named file that is missing is an error, although the usual places have one', async () => {
  await writeAll();
  const error = await locateConfig(box.settings({ mcpConfig: 'nothing.json' })).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CONFIG_NOT_FOUND' });
  expect(String(error)).toContain(`--mcp-config names ${here('nothing.json')}`);
});

test('when nothing is found, the message says where it looked and what to do', async () => {
  const error = String(await locateConfig(box.settings()).catch((thrown: unknown) => thrown));
  for (const name of [SERVERS_FILE, RULES_FILE]) {
    for (const path of [here(name), own(name), here(join('config', name))]) expect(error).toContain(path);
  }
  expect(error).toContain('agent-mcp-gateway init');
});

test('rules alone missing is an error, and a file that only lacks trust is named in it', async () => {
  await box.write(own(SERVERS_FILE), SERVERS);
  await box.write(here(RULES_FILE), RULES);
  const error = String(await locateConfig(box.settings()).catch((thrown: unknown) => thrown));
  expect(error).toContain('No rules file found');
  expect(error).not.toContain('No servers file found');
  expect(error).toMatch(/not trusted/);
});

test("the gateway's own folder needs no trust even where it is the working directory", async () => {
  await box.write(own(SERVERS_FILE), SERVERS);
  await box.write(own(RULES_FILE), RULES);
  const location = await locateConfig({ ...box.settings(), cwd: box.own });
  expect(location).toMatchObject({ servers: { needsTrust: false }, rules: { needsTrust: false }, notes: [] });
});

test('trust is by the place: a link to the folder is the same file', async () => {
  await writeAll();
  await trust(here(SERVERS_FILE));
  const link = join(box.home, 'link');
  await symlink(box.cwd, link);
  const location = await locateConfig({ ...box.settings(), cwd: link });
  expect(location.servers.path).toBe(here(SERVERS_FILE));
});

test('trusted.json is private, written whole, and replaces what it knew of a path', async () => {
  await writeAll();
  await trust(here(SERVERS_FILE));
  await trust(here(RULES_FILE));
  await trust(here(SERVERS_FILE));
  expect(await readTrusted(box.own)).toHaveLength(2);
  expect((await stat(trustFile(box.own))).mode & 0o777).toBe(0o600);
  expect((await readdir(box.own)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(await revokeTrusted(box.own, [here(SERVERS_FILE), '/other'])).toEqual([here(SERVERS_FILE)]);
  expect((await readTrusted(box.own)).map((file) => file.path)).toEqual([here(RULES_FILE)]);
});

test.each(['{', '[]', 'null', '{"files": 3}', '{"files": [1, null, {"path": "/x"}]}'])(
  'a damaged trusted.json (%s) is an error: what was trusted might have allowed less',
  async (content) => {
    await mkdir(box.own, { recursive: true });
    await box.write(trustFile(box.own), content);
    await expect(readTrusted(box.own)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  },
);

test.skipIf(process.getuid?.() === 0)('a file of the working directory that may not be read is not used', async () => {
  await writeAll();
  await chmod(here(SERVERS_FILE), 0);
  const location = await locateConfig(box.settings());
  expect(location.servers.path).toBe(own(SERVERS_FILE));
});

test('a link that leads nowhere is no file', async () => {
  await writeAll();
  await rm(here(SERVERS_FILE));
  await symlink('/nowhere/at/all', here(SERVERS_FILE));
  expect((await locateConfig(box.settings())).notes).toHaveLength(1);
});
