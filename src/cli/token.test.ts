import { chmod, chown, lstat, mkdir, readFile, realpath, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sha256 } from '../config/config-files.ts';
import { RULES_FILE } from '../config/locate-files.ts';
import { makeSandbox, type Sandbox } from '../config/testing.ts';
import { addTrusted, readTrusted, trustOf } from '../config/trusted-files.ts';
import { tokenHash } from '../identity/generated-token.ts';
import { registerToken } from './token.ts';
import { instantIn } from './token-expiry.ts';

let box: Sandbox;
let file: string;
beforeEach(async () => {
  box = await makeSandbox();
  for (const name of Object.keys(process.env)) if (name.startsWith('GATEWAY_')) vi.stubEnv(name, '');
  vi.stubEnv('XDG_CONFIG_HOME', join(box.home, '.config'));
  vi.stubEnv('HOME', box.home);
  vi.spyOn(process, 'cwd').mockReturnValue(box.cwd);
  await mkdir(box.own, { recursive: true });
  file = join(box.own, RULES_FILE);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await box.remove();
});

async function run(...args: string[]): Promise<{ out: string; err: string; exit: number }> {
  const written = { out: '', err: '' };
  const capture = (stream: NodeJS.WriteStream, into: 'out' | 'err') =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written[into] += String(chunk);
      return true;
    });
  const spies = [capture(process.stdout, 'out'), capture(process.stderr, 'err')];
  process.exitCode = undefined;
  const program = new Command().exitOverride();
  registerToken(program);
  await program.parseAsync(['token', ...args], { from: 'user' });
  for (const spy of spies) spy.mockRestore();
  return { ...written, exit: Number(process.exitCode ?? 0) };
}

const COMMENTED = `{
  // who may do what
  "agents": { "deployer": {}, "team.a": {} /* two */, },
  "principals": {
    "local": { "stdio": true, "may_assume": ["*"] }, // me
  },
}
`;

test('create --write prints the token once, keeps comments, and writes only its hash', async () => {
  await writeFile(file, COMMENTED);
  await chmod(file, 0o640);
  const { out, err, exit } = await run('create', 'ci', '--agent', 'deployer', '--expires', '90d', '--write');
  expect(exit).toBe(0);
  const token = out.trim();
  expect(token).toMatch(/^amg_[0-9A-Za-z]{49}$/);
  const text = await readFile(file, 'utf8');
  for (const comment of ['// who may do what', '/* two */', '// me']) expect(text).toContain(comment);
  expect(text).toContain(tokenHash(token));
  expect(text + err).not.toContain(token);
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  const listed = JSON.parse((await run('list', '--json')).out);
  expect(listed).toMatchObject([{ name: 'ci', default: 'deployer', may_assume: ['deployer'], expired: false }]);
  const days = (Date.parse(listed[0].expires) - Date.now()) / 86_400_000;
  expect(Math.abs(days - 90)).toBeLessThan(0.01);
});

test('create without --write changes nothing and prints the entry to paste', async () => {
  await writeFile(file, COMMENTED);
  const { out, err } = await run('create', 'team', '--agent', 'team.*');
  expect(await readFile(file, 'utf8')).toBe(COMMENTED);
  expect(err).toContain(`"team": {"token_sha256":"${tokenHash(out.trim())}","may_assume":["team.*"]}`);
});

test('the first principal of a file comes with one for stdio, which keeps working, and a word about it', async () => {
  await writeFile(file, '{"agents": {"dev": {}}}');
  const { err, exit } = await run('create', 'dev', '--write');
  expect(exit).toBe(0);
  expect(err).toContain('"local": {"stdio": true, "may_assume": ["*"]}');
  const { principals } = JSON.parse(await readFile(file, 'utf8'));
  expect(principals).toMatchObject({ local: { stdio: true, may_assume: ['*'] }, dev: { default: 'dev' } });
  await writeFile(file, '{"agents": {"local": {}}}');
  await run('create', 'local', '--write');
  expect(JSON.parse(await readFile(file, 'utf8')).principals).toMatchObject({ stdio: { stdio: true } });
});

test('revoke removes the entry and nothing else; the last one leaves nobody, not everybody', async () => {
  await writeFile(file, COMMENTED);
  await run('create', 'ci', '--agent', 'deployer', '--write');
  expect((await run('revoke', 'ci')).exit).toBe(0);
  expect(await readFile(file, 'utf8')).toContain('// me');
  expect((await run('list')).err).toContain('No principal has a token');
  await writeFile(file, '{"agents": {"dev": {}}}');
  await run('create', 'dev', '--write');
  await run('revoke', 'dev');
  expect(JSON.parse(await readFile(file, 'utf8')).principals).toEqual({ local: { stdio: true, may_assume: ['*'] } });
  await writeFile(
    file,
    `{"agents": {"dev": {}}, "principals": {"dev": {"token_sha256": "${'a'.repeat(64)}", "may_assume": []}}}`,
  );
  await run('revoke', 'dev');
  expect(JSON.parse(await readFile(file, 'utf8')).principals).toEqual({});
});

test('a trusted file of the working directory stays trusted, one that is not is left alone', async () => {
  const here = join(await realpath(box.cwd), RULES_FILE);
  await writeFile(here, COMMENTED);
  expect((await run('create', 'ci', '--agent', 'deployer', '--write')).exit).toBe(1);
  expect(await readFile(here, 'utf8')).toBe(COMMENTED);
  await addTrusted(box.own, [{ path: here, sha256: sha256(COMMENTED), trusted_at: '' }]);
  expect((await run('create', 'ci', '--agent', 'deployer', '--write')).exit).toBe(0);
  const changed = await readFile(here, 'utf8');
  expect(trustOf(await readTrusted(box.own), here, sha256(changed))).toBe('trusted');
});

test('a link stays a link', async () => {
  const real = join(box.home, 'elsewhere.json');
  await writeFile(real, COMMENTED);
  await symlink(real, file);
  await run('create', 'ci', '--agent', 'deployer', '--write');
  expect(await readFile(real, 'utf8')).toContain('token_sha256');
  expect((await lstat(file)).isSymbolicLink()).toBe(true);
});

test.each([
  [['create', 'local', '--agent', 'deployer'], 'has a principal "local" already'],
  [['create', 'a/b', '--agent', 'deployer'], 'The name of a principal has letters'],
  [['create', 'ci', '--agent', 'nobody'], 'no agent "nobody"'],
  [['create', 'ci'], 'no agent "ci"'],
  [['create', 'ci', '--agent', 'deployer', '--expires', 'soon'], '--expires takes'],
  [['create', 'ci', '--agent', 'deployer', '--expires', '2001-01-01'], '--expires takes'],
  [['revoke', 'nobody'], 'no principal "nobody" with a token'],
  [['revoke', 'local'], 'no principal "local" with a token'],
])('%j is refused and changes nothing', async (args, message) => {
  await writeFile(file, COMMENTED);
  const { out, err, exit } = await run(...args, ...(args[0] === 'create' ? ['--write'] : []));
  expect([exit, out]).toEqual([2, '']);
  expect(err).toContain(message);
  expect(await readFile(file, 'utf8')).toBe(COMMENTED);
});

test('an invalid file is not touched', async () => {
  await writeFile(file, '{"agents": {"dev": {}}, "principles": {}}');
  expect((await run('create', 'dev', '--write')).exit).toBe(1);
  expect(await readFile(file, 'utf8')).toBe('{"agents": {"dev": {}}, "principles": {}}');
});

test('expiry', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  expect(instantIn('12h', now)).toBe('2026-01-01T12:00:00Z');
  expect(instantIn('8w', now)).toBe('2026-02-26T00:00:00Z');
  expect(instantIn('2027-03-04', now)).toBe('2027-03-04T00:00:00Z');
  for (const wrong of ['0d', '-1d', '1', '1m', '999999y', '2027-13-01']) expect(() => instantIn(wrong, now)).toThrow();
});

test.skipIf(process.getuid?.() !== 0)('whose file it was, it stays, also where root writes it', async () => {
  await writeFile(file, COMMENTED);
  await chown(file, 12345, 23456);
  await chmod(file, 0o640);
  expect((await run('create', 'ci', '--agent', 'deployer', '--write')).exit).toBe(0);
  const { uid, gid, mode } = await stat(file);
  expect([uid, gid, mode & 0o777]).toEqual([12345, 23456, 0o640]);
});
