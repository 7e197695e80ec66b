import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RULES_FILE, SERVERS_FILE } from '../config/locate-files.ts';
import { resolveSettings } from '../config/settings.ts';
import { makeSandbox, RULES, type Sandbox, SERVERS } from '../config/testing.ts';
import { readTrusted, trustFile } from '../config/trusted-files.ts';
import { init, registerInit } from './init.ts';
import { registerSchemas } from './schemas.ts';
import { registerTrust } from './trust.ts';
import { registerValidate } from './validate.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
  for (const name of Object.keys(process.env)) if (name.startsWith('GATEWAY_')) vi.stubEnv(name, '');
  vi.stubEnv('XDG_CONFIG_HOME', join(box.home, '.config'));
  vi.stubEnv('XDG_CACHE_HOME', join(box.home, '.cache'));
  vi.stubEnv('HOME', box.home);
  vi.spyOn(process, 'cwd').mockReturnValue(box.cwd);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await box.remove();
});

/** Runs a command as the program would. */
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
  registerInit(program);
  registerValidate(program);
  registerTrust(program);
  registerSchemas(program);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    // Help ends a command by throwing.
    if (!(error instanceof Error && 'exitCode' in error)) throw error;
    process.exitCode = Number(error.exitCode);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { ...written, exit: Number(process.exitCode ?? 0) };
}

const own = (name: string) => join(box.own, name);
const here = (name: string) => join(box.cwd, name);

test.each([['--single-agent'], ['--multi-agent'], []])(
  'what init %s writes is valid, without a warning',
  async (...flags) => {
    const written = await run('init', ...flags);
    expect(written.exit).toBe(0);
    expect(written.out).toBe(`Wrote ${own(SERVERS_FILE)}\nWrote ${own(RULES_FILE)}\n`);
    expect(written.err).toContain('agent-mcp-gateway validate');
    expect(written.err).not.toContain('trust');
    expect((await stat(own(SERVERS_FILE))).mode & 0o777).toBe(0o600);
    const checked = await run('validate', '--json');
    expect(checked.exit).toBe(0);
    expect(JSON.parse(checked.out)).toMatchObject({
      ok: true,
      problems: [],
      servers: ['memory', 'sequential-thinking'],
    });
  },
);

test('init writes the agents that were asked for', async () => {
  await run('init', '--multi-agent');
  expect(JSON.parse((await run('validate', '--json')).out).agents).toEqual(['researcher', 'developer']);
  await run('init', '--single-agent', '--force');
  expect(JSON.parse((await run('validate', '--json')).out).agents).toEqual(['default']);
  expect((await run('init', '--single-agent', '--multi-agent')).exit).toBe(2);
});

test('init without a terminal refuses to overwrite, and writes nothing at all', async () => {
  await box.write(own(RULES_FILE), 'mine');
  const refused = await run('init');
  expect(refused.exit).not.toBe(0);
  expect(refused.err).toContain('--force');
  expect(await readFile(own(RULES_FILE), 'utf8')).toBe('mine');
  await expect(stat(own(SERVERS_FILE))).rejects.toThrow();
  expect((await run('init', '--force')).exit).toBe(0);
  expect(await readFile(own(RULES_FILE), 'utf8')).not.toBe('mine');
});

test('init on a terminal asks for each file that is there, and keeps what is to stay', async () => {
  await box.write(own(RULES_FILE), 'mine');
  await box.write(own(SERVERS_FILE), 'mine');
  const asked: string[] = [];
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await init({}, resolveSettings({}, {}, { cwd: box.cwd, home: box.home }), async (question) => {
    asked.push(question);
    return question.includes(SERVERS_FILE);
  });
  expect(asked).toHaveLength(2);
  expect(await readFile(own(RULES_FILE), 'utf8')).toBe('mine');
  expect(await readFile(own(SERVERS_FILE), 'utf8')).toContain('mcpServers');
});

test('init --dir writes elsewhere and says that trust is needed there', async () => {
  const { out, err } = await run('init', '--dir', '.');
  expect(out).toContain(here(SERVERS_FILE));
  const flags = `--mcp-config ${here(SERVERS_FILE)} --rules ${here(RULES_FILE)}`;
  expect(err).toContain(`agent-mcp-gateway validate ${flags}`);
  expect(err).toContain(JSON.stringify(flags.split(' ')));
});

test('validate prints every error and warning with file, line, column and fix', async () => {
  const servers = await box.write(
    here('servers.json'),
    '{"mcpServers": {\n  "a": {"command": "x", "foo": 1},\n  "b": {}\n}}',
  );
  const rules = await box.write(here('rules.json'), '{"agents": {\n  "x": {"denny": {}}\n}}');
  const { out, exit } = await run('validate', '--mcp-config', servers, '--rules', rules);
  expect(exit).toBe(1);
  expect(out).toContain(`warning: ${servers}:2:25 Server "a": "foo" is not a known key and has no effect - `);
  expect(out).toContain(`error: ${servers}:3:3 Server "b" is off: the entry has neither "command" nor "url" - `);
  expect(out).toContain(`error: ${rules}:2:9 "agents.x.denny" is not a known key - Did you mean "deny"?`);
  expect(out).toContain('2 errors, 2 warnings. The gateway would not start');
});

test('validate: what the gateway starts with is no failure, a server that is off only for who is strict', async () => {
  await box.write(own(SERVERS_FILE), SERVERS);
  await box.write(own(RULES_FILE), { agents: { dev: { allow: { servers: ['gone'] } } } });
  expect(await run('validate')).toMatchObject({
    exit: 0,
    out: expect.stringContaining('0 errors, 2 warnings; 1 server, 1 agent'),
  });
  await box.write(own(SERVERS_FILE), { mcpServers: { ...SERVERS.mcpServers, b: { command: `$\{NOT_SET_ANYWHERE}` } } });
  expect((await run('validate')).exit).toBe(0);
  const { exit, out } = await run('validate', '--json', '--strict');
  expect(exit).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ ok: false, servers: ['files'], servers_off: ['b'] });
  expect(out).toContain('NOT_SET_ANYWHERE');
});

test('validate without files says where it looked', async () => {
  const { err, exit } = await run('validate');
  expect(exit).toBe(1);
  expect(err).toContain(own(SERVERS_FILE));
});

test('D13: trust makes the files of the working directory count, and says what it trusts', async () => {
  await box.write(here(SERVERS_FILE), {
    mcpServers: {
      a: { command: 'npx', args: ['-y', 'pack\u001b[2Jage'], env: { NODE_OPTIONS: '--require=./evil.js' } },
      b: { url: 'https://user:pass@example.com/mcp?key=abc' },
    },
  });
  await box.write(here(join('config', RULES_FILE)), RULES);
  expect((await run('validate')).exit).toBe(1);

  const { out, exit } = await run('trust');
  expect(exit).toBe(0);
  expect(out).toContain(`Trusted ${here(SERVERS_FILE)}`);
  expect(out).toMatch(/sha256 [0-9a-f]{64}/);
  expect(out).toContain('server "a" runs "npx" "-y" "pack\\u001b[2Jage", sets "NODE_OPTIONS"');
  expect(out).toContain('server "b" connects to "https://example.com/mcp"');
  expect(out).toContain('rules for the agents "dev"');
  expect(out).not.toContain('\u001b');
  expect(await run('validate')).toMatchObject({ exit: 0, out: expect.stringContaining(here(SERVERS_FILE)) });
  expect((await stat(trustFile(box.own))).mode & 0o777).toBe(0o600);

  await writeFile(here(SERVERS_FILE), JSON.stringify(SERVERS));
  expect(await run('validate')).toMatchObject({
    exit: 1,
    err: expect.stringContaining('changed since it was trusted'),
  });
});

test('trust --list and --revoke', async () => {
  await box.write(here(SERVERS_FILE), SERVERS);
  await box.write(here(RULES_FILE), RULES);
  expect((await run('trust', '--list')).err).toContain('Nothing is trusted');
  await run('trust');
  expect((await run('trust', '--list')).out.split('\n')).toHaveLength(3);
  expect((await run('trust', '--revoke', RULES_FILE)).out).toContain(here(RULES_FILE));
  expect(JSON.parse((await run('trust', '--list', '--json')).out)).toMatchObject([{ path: here(SERVERS_FILE) }]);
  expect((await run('trust', '--revoke')).out).toContain(here(SERVERS_FILE));
  expect((await run('trust', '--revoke')).err).toContain('None of these files was trusted');
  expect(await readTrusted(box.own)).toEqual([]);
});

test('trust refuses a folder without files, and a file that does not parse', async () => {
  expect(await run('trust')).toMatchObject({ exit: 1, err: expect.stringContaining(box.cwd) });
  await box.write(here(SERVERS_FILE), '{');
  expect(await run('trust')).toMatchObject({ exit: 1, err: expect.stringContaining(`${here(SERVERS_FILE)}:1:2`) });
  expect(await readTrusted(box.own)).toEqual([]);
});

test('schemas writes both files', async () => {
  const folder = join(box.cwd, 'out');
  await mkdir(folder);
  await run('schemas', '--out', folder);
  for (const name of ['mcp.schema.json', 'rules.schema.json']) {
    expect(JSON.parse(await readFile(join(folder, name), 'utf8'))).toHaveProperty('title');
  }
});

test.each(['init', 'validate', 'trust', 'schemas'])('%s --help has an example', async (name) => {
  const { out } = await run(name, '--help');
  expect(out).toMatch(new RegExp(`Examples?:\\n.*agent-mcp-gateway ${name}`));
});
