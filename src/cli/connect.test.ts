import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RULES_FILE } from '../config/locate-files.ts';
import { makeSandbox, type Sandbox } from '../config/testing.ts';
import { registerConnect } from './connect.ts';
import { subagentName, withEntry } from './subagent-file.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
  for (const name of Object.keys(process.env)) if (name.startsWith('GATEWAY_')) vi.stubEnv(name, '');
  vi.stubEnv('XDG_CONFIG_HOME', join(box.home, '.config'));
  vi.stubEnv('HOME', box.home);
  vi.spyOn(process, 'cwd').mockReturnValue(box.cwd);
  await mkdir(box.own, { recursive: true });
  await writeFile(join(box.own, RULES_FILE), '{"agents": {"researcher": {}, "Team.Lead": {}, "team-lead": {}}}');
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
  registerConnect(program);
  await program.parseAsync(['connect', ...args], { from: 'user' });
  for (const spy of spies) spy.mockRestore();
  return { ...written, exit: Number(process.exitCode ?? 0) };
}

const folder = (): string => join(box.cwd, '.claude/agents');

test('--per-agent writes a subagent for every agent, each bound to it', async () => {
  const { err, exit } = await run('claude-code', '--per-agent');
  expect(exit).toBe(0);
  expect((await readdir(folder())).sort()).toEqual(['researcher.md', 'team-lead.md']);
  const text = await readFile(join(folder(), 'researcher.md'), 'utf8');
  expect(text).toMatch(/^---\nname: researcher\n/);
  expect(text).toContain('      command: "agent-mcp-gateway"\n      args: ["--agent", "researcher"]\n---\n');
  expect(await readFile(join(folder(), 'team-lead.md'), 'utf8')).toContain('args: ["--agent", "Team.Lead"]');
  expect(err).toContain('Left out team-lead: its file would be that of Team.Lead');
});

test('a new subagent is told of the tools that it has', async () => {
  await writeFile(join(box.own, RULES_FILE), '{"agents": {"finder": {}, "seer": {"expose": "direct"}}}');
  await run('claude-code', '--per-agent');
  const [finder, seer] = await Promise.all(
    ['finder.md', 'seer.md'].map((name) => readFile(join(folder(), name), 'utf8')),
  );
  for (const tool of ['search_tools', 'list_servers', 'get_server_tools', 'execute_tool']) {
    expect(finder).toContain(tool);
    expect(seer).not.toContain(tool);
  }
  expect(seer).toContain('Your tools come from the server gateway-seer.');
});

test('a second run changes nothing; a file that is there keeps what is in it', async () => {
  await mkdir(folder(), { recursive: true });
  const own = '---\nname: researcher\ndescription: mine\ntools: Read\n---\n\nMy prompt.\n---\nA rule.\n';
  await writeFile(join(folder(), 'researcher.md'), own);
  await run('claude-code', '--per-agent');
  const text = await readFile(join(folder(), 'researcher.md'), 'utf8');
  expect(text).toMatch(/description: mine\ntools: Read\nmcpServers:\n {2}- gateway-researcher:\n/);
  expect(text).toContain('---\n\nMy prompt.\n---\nA rule.\n');
  const { out } = await run('claude-code', '--per-agent');
  expect(out).toContain('Kept');
  expect(await readFile(join(folder(), 'researcher.md'), 'utf8')).toBe(text);
});

test('a file with servers of its own, or without front matter, is left to its owner', () => {
  const entry = { agent: 'a', command: 'agent-mcp-gateway', args: ['--rules', '/r'] };
  for (const text of ['---\nname: a\nmcpServers:\n  - github\n---\n', 'No front matter.\n---\nx\n---\n', '']) {
    const changed = withEntry(text, entry);
    expect(changed).toMatchObject({
      kind: 'by hand',
      entry: expect.stringContaining('"--agent", "a", "--rules", "/r"'),
    });
  }
});

test('names of subagents', () => {
  expect(['A.b_c', '-x-', 'ok-1'].map(subagentName)).toEqual(['a-b-c', 'x', 'ok-1']);
});

test('--print shows the entry; with --hook the hook; an unknown client is refused', async () => {
  await writeFile(join(box.cwd, 'r.json'), '{"agents": {}}');
  const { out } = await run('claude-code', '--project', '--rules', 'r.json', '--print', '--json');
  const args = ['serve', '--rules', join(box.cwd, 'r.json')];
  const entry = { type: 'stdio', command: 'agent-mcp-gateway', args };
  expect(JSON.parse(out)).toMatchObject([{ client: 'claude-code', file: join(box.cwd, '.mcp.json'), entry }]);
  expect(await readdir(box.cwd)).not.toContain('.mcp.json');
  const hook = JSON.parse((await run('claude-code', '--hook')).out);
  expect(hook.hooks.PreToolUse[0].hooks[0].command).toBe('agent-mcp-gateway hook');
  expect((await run('word')).exit).toBe(2);
});
