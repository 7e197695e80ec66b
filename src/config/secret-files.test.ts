import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkConfig, readContents, versionOf } from './load-snapshot.ts';
import { openSecretFiles } from './secret-files.ts';
import { secretPath } from './secret-places.ts';
import { makeSandbox, type Sandbox } from './testing.ts';

const VALUE = 'sk-live-0123456789abcdef';
let box: Sandbox;
let settings: { configDir: string; secretKey: Uint8Array | undefined; keychain: boolean };
beforeEach(async () => {
  box = await makeSandbox();
  settings = { configDir: box.own, secretKey: undefined, keychain: false };
  await mkdir(box.own, { recursive: true });
});
afterEach(() => box.remove());

async function keep(name: string, value: string): Promise<void> {
  const path = secretPath(box.own, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, await openSecretFiles(settings).seal(name, value));
}

const servers = (): string => join(box.own, '.mcp.json');

async function load(): ReturnType<typeof checkConfig> {
  return checkConfig(await contents(), {}, { mainScript: undefined });
}

function contents(): ReturnType<typeof readContents> {
  const file = (path: string) => ({ path, needsTrust: false });
  return readContents({ servers: file(servers()), rules: file(join(box.own, 'rules.json')), notes: [] }, settings);
}

beforeEach(async () => {
  const headers = { Authorization: `Bearer \${secret:API_KEY}` };
  await writeFile(servers(), JSON.stringify({ mcpServers: { api: { url: 'https://api.example.com', headers } } }));
  await writeFile(join(box.own, 'rules.json'), '{"agents": {}}');
});

test('an entry gets the value of a secret, which is known as one', async () => {
  await keep('API_KEY', VALUE);
  const { snapshot, problems } = await load();
  expect(problems).toEqual([]);
  const link = snapshot?.servers.get('api')?.link;
  expect(link?.transport !== 'stdio' && link?.headers.get('Authorization')).toBe(`Bearer ${VALUE}`);
  expect(snapshot?.secrets).toContain(VALUE);
});

test('a server whose secret is not kept is off, and says what to do', async () => {
  const { snapshot } = await load();
  expect(snapshot?.broken.get('api')).toMatchObject({
    reason: expect.stringContaining('needs the secret API_KEY'),
    fix: expect.stringContaining('agent-mcp-gateway secret set API_KEY'),
  });
});

test('another value is another version of the configuration', async () => {
  await keep('API_KEY', VALUE);
  const before = versionOf(await contents());
  expect(versionOf(await contents())).toBe(before);
  await keep('API_KEY', `${VALUE}2`);
  expect(versionOf(await contents())).not.toBe(before);
});

test('the file holds nothing of the value, and works under its own name only', async () => {
  await keep('API_KEY', VALUE);
  const text = await readFile(secretPath(box.own, 'API_KEY'), 'utf8');
  expect(text).not.toContain(VALUE);
  expect(text).not.toContain(Buffer.from(VALUE).toString('base64').slice(0, 12));
  await writeFile(secretPath(box.own, 'OTHER'), text.replace('"API_KEY"', '"OTHER"'));
  await expect(openSecretFiles(settings).read(['OTHER'])).rejects.toMatchObject({ code: 'CREDENTIALS_UNREADABLE' });
  expect((await stat(join(box.own, 'credentials'))).mode & 0o777).toBe(0o700);
});

test.each([
  ['damaged', async () => writeFile(secretPath(box.own, 'API_KEY'), '{}'), 'damaged'],
  [
    'of another key',
    async () => {
      settings = { ...settings, secretKey: new Uint8Array(32) };
    },
    'another key',
  ],
])('a secret that is %s switches its server off and no other', async (_name, spoil, reason) => {
  await keep('API_KEY', VALUE);
  await spoil();
  const { snapshot, problems } = await load();
  expect(snapshot?.broken.has('api')).toBe(true);
  expect(problems.some(({ message }) => message.includes(reason))).toBe(true);
});

test('names that are no names are never paths', async () => {
  expect([...(await openSecretFiles(settings).read(['../credentials/key', 'a/b', '', '.', 'A\0']))]).toEqual([]);
});
