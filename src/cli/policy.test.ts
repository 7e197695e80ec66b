import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it, test, vi } from 'vitest';
import { registerPolicy } from './policy.ts';

let folder: string;
let rules: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'policy-test-'));
  rules = await file('rules.json', {
    agents: { dev: { allow: { servers: ['fs', 'db_*'] }, deny: { tools: { '*': ['drop_*'] } } } },
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  await rm(folder, { recursive: true });
});

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function run(...args: string[]): Promise<{ exit: unknown; out: string; err: string }> {
  const written = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.out += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.err += text;
    return true;
  });
  const program = new Command().exitOverride();
  registerPolicy(program);
  await program.parseAsync(['policy', ...args], { from: 'user' });
  return { exit: process.exitCode, ...written };
}

describe('policy explain', () => {
  it('prints the decision, the rule and the reason, and exits with 0 or 3', async () => {
    const allowed = await run('explain', 'dev', 'fs', 'read', '--rules', rules);
    expect(allowed).toEqual({ exit: 0, out: expect.stringMatching(/^ALLOW {2}implicit_grant\n.+\.\n$/), err: '' });
    const denied = await run('explain', 'dev', 'db_main', 'drop_table', '--rules', rules);
    expect(denied.exit).toBe(3);
    expect(denied.out).toMatch(/^DENY {2}agents\.dev\.deny\.tools\.\*\[0\]\n"drop_\*" under "\*" matches/);
  });

  it('answers about the server without a tool, as JSON too', async () => {
    const { exit, out } = await run('explain', 'dev', 'db_main', '--rules', rules, '--json');
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toEqual({
      agent: 'dev',
      server: 'db_main',
      tool: null,
      decision: 'ALLOW',
      rule: 'agents.dev.allow.servers[1]',
      pattern: 'db_*',
      reason: expect.any(String),
    });
  });

  it('notes a server that is not configured, where it knows the servers file', async () => {
    const servers = await file('mcp.json', { mcpServers: { fs: { command: 'x' } } });
    const flags = ['--rules', rules, '--mcp-config', servers];
    expect((await run('explain', 'dev', 'db_1', ...flags)).err).toMatch(/no server "db_1"/);
    expect((await run('explain', 'dev', 'fs', ...flags)).err).toBe('');
  });

  it('writes nothing raw that a name could do to a terminal', async () => {
    const { out } = await run('explain', 'dev', 'fs\u001b[2J\u202e', '--rules', rules);
    expect(out).toContain('\\u001b[2J\\u202e');
    expect(['\u001b', '\u202e'].filter((character) => out.includes(character))).toEqual([]);
  });

  it('exits with 1 where the rules cannot be used, with the place', async () => {
    const broken = await file('broken.json', '{"agents": {\n  "dev": {"denny": {}}}}');
    const { exit, out, err } = await run('explain', 'dev', 'fs', '--rules', broken);
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err).toContain(`${broken}:2:`);
    expect((await run('explain', 'dev', 'fs', '--rules', join(folder, 'none.json'))).exit).toBe(1);
  });
});

describe('policy test', () => {
  it('agrees with the recorded decisions of the Python gateway', async () => {
    const vectors = fileURLToPath(new URL('../../test/vectors/policy.json', import.meta.url));
    expect(await run('test', vectors)).toEqual({ exit: 0, out: '4406 checks, 0 mismatches\n', err: '' });
  });

  it('decides on the arguments that the server gets, under the names that agents know', async () => {
    const strict = await file('strict.json', {
      agents: {
        dev: { allow: { servers: ['*'], tools: { fs: [{ tool: 'new', args: { '/repo': { equals: 'web' } } }] } } },
      },
    });
    const tools = { create: { name: 'new', arguments: { '/repo': { fixed: 'web' } } } };
    const mcpServers = { fs: { command: 'node', tools }, v: { virtual: { tools: ['fs.new'] } } };
    const servers = await file('servers.json', { mcpServers });
    const checks = [
      ['dev', 'fs', 'new', true, { title: 'x' }],
      ['dev', 'v', 'new', true, {}],
      ['dev', 'v', 'new', false, { repo: 'api' }],
    ];
    const expectations = await file('sent.json', [{ checks }]);
    const { out } = await run('test', expectations, '--rules', strict, '--mcp-config', servers);
    expect(out).toBe('3 checks, 0 mismatches\n');
  });

  it('prints each mismatch with its place and exits with 1', async () => {
    const expectations = await file(
      'expected.json',
      `[{"checks": [["dev", "fs", null, true],
  ["dev", "fs", "drop_x", true]]},
 {"rules": {"agents": {}}, "checks": [["dev", "fs", null, true]]}]`,
    );
    const { exit, out } = await run('test', expectations, '--rules', rules);
    expect(exit).toBe(1);
    expect(out.split('\n')).toEqual([
      `${expectations}:2:3 "dev" "fs" "drop_x": expected allowed, is denied by agents.dev.deny.tools.*[0]`,
      `${expectations}:3:39 "dev" "fs": expected allowed, is denied by unknown_agent`,
      '3 checks, 2 mismatches',
      '',
    ]);
    const json = JSON.parse((await run('test', expectations, '--rules', rules, '--json')).out);
    expect(json).toMatchObject({
      total: 3,
      mismatches: [
        { entry: 0, check: 1 },
        { entry: 1, check: 0 },
      ],
    });
    expect(json.mismatches[0]).toEqual({
      entry: 0,
      check: 1,
      agent: 'dev',
      server: 'fs',
      tool: 'drop_x',
      expected: true,
      effect: 'deny',
      allowed: false,
      rule: 'agents.dev.deny.tools.*[0]',
    });
  });

  test('D4 unknown keys in the rules of an entry are errors, with their place', async () => {
    const expectations = await file(
      'typo.json',
      '[\n{"rules": {"agents": {"a": {"denny": {}}}}, "checks": [["a", "s", null, false]]}]',
    );
    const { exit, out, err } = await run('test', expectations);
    expect({ exit, out }).toEqual({ exit: 1, out: '' });
    expect(err).toMatch(/typo\.json:2:\d+ .*denny/);
  });

  it('warns of names in a check that expects a denial and that are in no file', async () => {
    const named = await file(
      'rules.json',
      '{"agents": {"dev": {"allow": {"servers": ["fs"], "tools": {"fs": ["read_*"]}}, "deny": {"tools": {"fs": ["drop_table"]}}}}}',
    );
    const servers = await file('servers.json', '{"mcpServers": {"fs": {"command": "x"}, "db": {"command": "x"}}}');
    const expectations = await file(
      'misspelt.json',
      `[{"checks": [["dve", "fs", null, false],
  ["dev", "sf", "drop_table", false],
  ["dev", "db", "anything", false],
  ["dev", "fs", "write_file", false],
  ["dev", "fs", "drop_tabel", false]]}]`,
    );
    const { exit, out, err } = await run('test', expectations, '--rules', named, '--mcp-config', servers);
    expect({ exit, out }).toEqual({ exit: 0, out: '5 checks, 0 mismatches\n' });
    expect(err.split('\n')).toEqual([
      `${expectations}:1:14 warning: The rules have no agent "dve": did you mean "dev"?`,
      `${expectations}:2:3 warning: Neither the servers file nor a rule names the server "sf": did you mean "fs"?`,
      `${expectations}:5:3 warning: No rule names the tool "drop_tabel": did you mean "drop_table"?`,
      '',
    ]);
    const { warnings } = JSON.parse((await run('test', expectations, '--rules', named, '--json')).out);
    expect(warnings).toContainEqual({ entry: 0, check: 2, message: 'No rule names the server "db"' });
  });

  it('refuses a file without a check, and counts one as one', async () => {
    for (const nothing of ['[]', '[{"checks": []}]', '']) {
      const { exit, out } = await run('test', await file('nothing.json', nothing), '--rules', rules);
      expect({ exit, out }, nothing).toEqual({ exit: 1, out: '' });
    }
    const one = await file('one.json', '[{"checks": [["dev", "fs", null, true]]}]');
    expect((await run('test', one, '--rules', rules)).out).toBe('1 check, 0 mismatches\n');
  });

  it('refuses a file that it does not understand, with the place', async () => {
    const expectations = await file('bad.json', '[{"checks": [\n["dev", "fs", true]]}]');
    const { exit, err } = await run('test', expectations, '--rules', rules);
    expect(exit).toBe(1);
    expect(err).toMatch(/bad\.json:2:1 A check must be/);
  });
});

test('every command shows an example in its help', () => {
  const program = new Command();
  registerPolicy(program);
  for (const command of program.commands[0]?.commands ?? []) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    expect(help).toContain(`$ agent-mcp-gateway policy ${command.name()} `);
  }
  const names = program.commands[0]?.commands.map((command) => command.name());
  expect(names).toEqual(['explain', 'test', 'show', 'matrix', 'learn', 'diff', 'add']);
});
