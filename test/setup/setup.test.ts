/** From the servers of many clients to one gateway in front of them, and back. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLIENT_FILES, makeClientsHome, SECRETS, treeOf } from '../support/clients-home.ts';
import { type Home, sha256 } from '../support/home.ts';
import { program } from '../support/paths.ts';
import { assertGone, runCli, start } from '../support/process.ts';
import { MODERN } from '../support/rpc.ts';
import { attach } from '../support/stdio.ts';
import { executeText } from '../support/tools.ts';

let home: Home;
beforeEach(() => {
  home = makeClientsHome();
});
afterEach(async () => {
  await assertGone(home.dir);
  home.remove();
});

type Ran = Awaited<ReturnType<typeof runCli>>;

async function run(...args: string[]): Promise<Ran> {
  const ran = await runCli(args, home);
  for (const secret of SECRETS) expect(ran.stdout + ran.stderr, args.join(' ')).not.toContain(secret);
  return ran;
}

const good = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(...args);
  expect(code, stderr + stdout).toBe(0);
  return stdout;
};

const fileOf = (client: string): string => path.join(home.dir, CLIENT_FILES[client]?.[0] ?? '');

/** Every file below a folder that holds a secret as it is. */
function holders(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const file = path.join(dir, name);
    return statSync(file).isFile() && SECRETS.some((secret) => readFileSync(file, 'latin1').includes(secret));
  });
}

describe('setup', () => {
  it('puts the gateway in front of every server, and undo and uninstall leave the same tree', async () => {
    const before = treeOf(home.dir);
    const plan = await good('setup', '--print');
    expect(treeOf(home.dir)).toEqual({ ...before, ...cachesOf(home.dir) });
    for (const line of plan.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    await good('setup', '--yes');

    // No client has a server of its own that the gateway has.
    const own = JSON.parse(readFileSync(home.servers, 'utf8')) as { mcpServers: Record<string, unknown> };
    expect(Object.keys(own.mcpServers).sort()).toEqual(
      ['calc', 'copilot', 'ct', 'db', 'gem', 'github', 'j', 'notes', 'oc', 'r', 'remote', 'scratch'].sort(),
    );
    for (const client of Object.keys(CLIENT_FILES)) {
      const text = readFileSync(fileOf(client), 'utf8');
      expect(text, client).toMatch(/gateway/);
      expect(text, client).not.toContain('calc.mjs');
    }
    expect(await good('setup', '--yes')).toContain('Nothing to do');
    expect(await good('import')).toContain('Nothing to import');

    // Secrets are where they were before, for undo, and nowhere else.
    for (const name of holders(home.dir)) {
      expect(name).toMatch(/^\.config\/agent-mcp-gateway\/setup\/[\w-]+\/\d+\.before$/);
      expect(statSync(path.join(home.dir, name)).mode & 0o777).toBe(0o600);
    }
    await good('undo', '--yes');
    const left = treeOf(home.dir);
    for (const [name, facts] of Object.entries(before)) expect(left[name], name).toBe(facts);
    await good('uninstall', '--yes');
    expect(treeOf(home.dir)).toEqual(before);
  });

  it('leaves no folder behind in a home that had none of its own', async () => {
    rmSync(path.join(home.dir, '.config'), { recursive: true, force: true });
    const before = treeOf(home.dir);
    await good('setup', '--yes');
    await good('uninstall', '--yes');
    expect(treeOf(home.dir)).toEqual(before);
  });

  it('lets an allowed call through and denies another one, as each client may', async () => {
    await good('setup', '--yes');
    const asClient = async (client: string, server: string, tool: string, args: object = {}): Promise<string> => {
      const { command, args: words } = entryOf(client);
      const running = start(command, words, home);
      const rpc = attach(running.child, MODERN);
      const answer = await executeText(rpc, { server, tool, args }).catch((error: unknown) => String(error));
      running.child.stdin?.end();
      await running.stop(null);
      return answer;
    };
    expect(await asClient('codex', 'calc', 'add', { a: 1, b: 2 })).toBe('3');
    expect(await asClient('codex', 'calc', 'label')).toContain('DENIED_BY_POLICY');
    expect(await asClient('claude-code', 'github', 'label')).toBe('github');
    expect(await asClient('claude-code', 'github', 'environment')).toContain('GITHUB_TOKEN');
    expect(await asClient('gemini-cli', 'gem', 'fail')).toContain('DENIED_BY_POLICY');
    expect(await asClient('roo', 'r', 'label')).toBe('r');
    expect(await asClient('roo', 'r', 'environment')).toContain('DENIED_BY_POLICY');
    // The same server is off in goose.
    expect(JSON.parse(readFileSync(home.rules, 'utf8')).agents.goose.deny).toEqual({ servers: ['calc'] });
    expect(readFileSync(path.join(home.dir, '.cache/agent-mcp-gateway/logs/audit.jsonl'), 'utf8')).not.toContain(
      SECRETS[0],
    );
  });

  it('without a terminal it shows the plan, writes nothing, and says how', async () => {
    const before = treeOf(home.dir);
    const { code, stdout, stderr } = await run('setup');
    expect(code).toBe(2);
    expect(stdout).toContain('+ github');
    expect(stderr).toContain('--yes');
    expect(treeOf(home.dir)).toEqual({ ...before, ...cachesOf(home.dir) });
  });

  it('takes the clients that are named, and keeps their servers when somebody says so', async () => {
    await good('setup', '--clients', 'cursor,codex', '--keep-servers', '--yes');
    expect(readFileSync(fileOf('cursor'), 'utf8')).toMatch(/"github"[\s\S]*"gateway"/);
    expect(readFileSync(fileOf('junie'), 'utf8')).not.toContain('gateway');
    expect((await run('setup', '--clients', 'cursr', '--yes')).stderr).toContain('Did you mean cursor?');
  });

  it('names a file that cannot be read, and carries the rest out', async () => {
    writeFileSync(fileOf('zed'), '{ "context_servers": {,} }');
    const { code, stdout } = await run('setup', '--yes');
    expect(code).toBe(1);
    expect(stdout).toMatch(/settings\.json:1:\d+ is not valid JSON/);
    expect(readFileSync(fileOf('zed'), 'utf8')).toBe('{ "context_servers": {,} }');
    expect(readFileSync(fileOf('cursor'), 'utf8')).toContain('gateway');
  });

  it('as JSON it holds no secret', async () => {
    const report = JSON.parse(await good('setup', '--json', '--print')) as Record<
      'import',
      { servers: { name: string }[] }
    >;
    expect(report.import.servers.find(({ name }) => name === 'github')).toMatchObject({
      is_new: true,
      from: [{ client: 'claude-code' }, { client: 'cursor' }],
      secrets: [{ name: 'GITHUB_TOKEN', field: 'env.GITHUB_TOKEN' }],
    });
  });
});

/** What a start keeps: it is made by every command. */
function cachesOf(dir: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(treeOf(dir)).filter(([name]) => name === '.cache' || name.startsWith('.cache/')),
  );
}

function entryOf(client: string): { command: string; args: string[] } {
  const text = readFileSync(fileOf(client), 'utf8');
  if (client === 'codex') {
    const value = (key: string): unknown =>
      JSON.parse(
        new RegExp(`^${key} = (.*)$`, 'm').exec(text.slice(text.indexOf('[mcp_servers.gateway]')))?.[1] ?? 'null',
      );
    return { command: String(value('command')), args: value('args') as string[] };
  }
  const { mcpServers } = JSON.parse(text.replace(/\/\/ .*$/gm, '')) as {
    mcpServers: Record<string, { command: string; args: string[] }>;
  };
  return mcpServers['gateway'] ?? { command: '', args: [] };
}

describe('connect and disconnect', () => {
  // Each by itself is in the long suite.
  const all = Object.keys(CLIENT_FILES);
  it.each(process.env['LONG'] === '1' ? all.map((client) => [client]) : [all])(
    '%s: the bytes that were there',
    async (...clients) => {
      const before = treeOf(home.dir);
      await good('connect', ...clients, '--yes');
      for (const client of clients) expect(readFileSync(fileOf(client), 'utf8'), client).toContain('gateway');
      expect(await good('connect', ...clients, '--yes')).toContain('Nothing to do');
      await good('disconnect', ...clients, '--yes');
      expect(treeOf(home.dir)).toEqual({ ...before, ...cachesOf(home.dir) });
    },
  );

  it('gives back one client and leaves the others', async () => {
    const before = treeOf(home.dir);
    await good('setup', '--yes');
    await good('disconnect', 'cursor', 'codex', '--yes');
    const after = treeOf(home.dir);
    for (const file of ['.cursor/mcp.json', 'dotfiles/codex.toml']) expect(after[file]).toBe(before[file]);
    expect(readFileSync(fileOf('junie'), 'utf8')).toContain('gateway');
    await good('undo', '--all', '--yes');
    for (const [name, facts] of Object.entries(before)) expect(treeOf(home.dir)[name], name).toBe(facts);
  });

  it('gives back entries where a client has written its file since', async () => {
    await good('setup', '--yes');
    const text = JSON.parse(readFileSync(fileOf('claude-code'), 'utf8'));
    writeFileSync(fileOf('claude-code'), JSON.stringify({ ...text, numStartups: 4, tips: ['x'] }, null, 2));
    expect(await good('undo', '--yes')).toMatch(/edited +~\/\.claude\.json/);
    const [, was = '{}'] = CLIENT_FILES['claude-code'] ?? [];
    expect(JSON.parse(readFileSync(fileOf('claude-code'), 'utf8'))).toEqual({
      ...JSON.parse(was),
      numStartups: 4,
      tips: ['x'],
    });
  });

  it('over HTTP the token comes from the environment, and who cannot read it is refused', async () => {
    const { code, stdout } = await run(
      'connect',
      'claude-code',
      'codex',
      'claude-desktop',
      'zed',
      '--http',
      '--token-env',
      'GW',
      '--yes',
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/Not connected: Claude Desktop[\s\S]*Not connected: Zed/);
    expect(readFileSync(fileOf('claude-code'), 'utf8')).toContain(`Bearer \${GW}`);
    expect(readFileSync(fileOf('codex'), 'utf8')).toContain('bearer_token_env_var = "GW"');
    await good('undo', '--yes');
    await good('connect', 'zed', '--http', 'http://127.0.0.1:9000/mcp', '--no-auth', '--yes');
    expect(readFileSync(fileOf('zed'), 'utf8')).toContain('"url": "http://127.0.0.1:9000/mcp"');
  });

  it('with agents of their own, each client is one of the rules, and over HTTP has a token that is never shown', async () => {
    const files = ['codex', 'cursor', 'junie'].map(fileOf);
    const before = treeOf(home.dir);
    const shown = await run('connect', 'codex', 'cursor', 'junie', '--per-agent', '--http', '--yes');
    expect(shown.stdout).toMatch(/Not connected: Cursor:[\s\S]*chmod 600[\s\S]*Not connected: JetBrains Junie/);
    await good('undo', '--yes');
    for (const file of files) chmodSync(file, 0o600);
    const reports = [
      await good('connect', 'codex', 'cursor', 'junie', '--per-agent', '--http', '--json', '--yes'),
      shown.stdout + shown.stderr,
      await good('connect', 'cursor', '--per-agent', '--http', '--print'),
    ];
    for (const report of reports) expect(report).not.toMatch(/amg_/);
    expect(reports[2]).toContain('is there already');

    const { agents, principals } = JSON.parse(readFileSync(home.rules, 'utf8'));
    expect(Object.keys(agents).sort()).toEqual(['codex', 'cursor', 'default', 'junie']);
    expect(principals.local).toEqual({ stdio: true, may_assume: ['*'] });
    const variables = path.join(home.dir, '.config/agent-mcp-gateway/tokens/codex.env');
    expect(statSync(variables).mode & 0o777).toBe(0o600);
    const token = /amg_\w+/;
    for (const [client, file] of Object.entries({
      codex: variables,
      cursor: fileOf('cursor'),
      junie: fileOf('junie'),
    })) {
      const [value = ''] = token.exec(readFileSync(file, 'utf8')) ?? [];
      expect(principals[client]).toEqual({ token_sha256: sha256(value), default: client, may_assume: [client] });
    }
    expect(readFileSync(fileOf('codex'), 'utf8')).toContain('bearer_token_env_var = "AGENT_MCP_GATEWAY_TOKEN_CODEX"');
    await good('undo', '--yes');
    for (const file of files) chmodSync(file, 0o644);
    expect(treeOf(home.dir)).toEqual({ ...before, ...cachesOf(home.dir) });
  });

  it('over stdio each client is bound to an agent that may do what "default" may', async () => {
    await good('connect', 'codex', 'junie', '--per-agent', '--yes');
    expect(entryOf('codex').args).toEqual(expect.arrayContaining(['--agent', 'codex']));
    expect(JSON.parse(readFileSync(home.rules, 'utf8')).agents.junie).toEqual({ allow: { servers: ['*'] } });
  });

  it('for a project it writes the bare name, and removes what it made', async () => {
    const before = treeOf(home.cwd);
    await good('connect', 'claude-code', 'vscode', '--project', '--yes');
    expect(JSON.parse(readFileSync(path.join(home.cwd, '.mcp.json'), 'utf8')).mcpServers.gateway.command).toBe(
      'agent-mcp-gateway',
    );
    expect(statSync(path.join(home.cwd, '.mcp.json')).mode & 0o044).toBe(0o044);
    await good('undo', '--yes');
    expect(treeOf(home.cwd)).toEqual(before);
  });

  it('leaves a server of somebody else that is called gateway', async () => {
    writeFileSync(fileOf('junie'), '{"mcpServers": {"gateway": {"command": "other"}}}');
    const { code, stdout } = await run('connect', 'junie', '--yes');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/not the gateway/)]);
    await good('connect', 'junie', '--name', 'mcp', '--yes');
  });
});

describe('two runs, and runs that are killed', () => {
  it('at one time leave one of both results in every file', async () => {
    const before = treeOf(home.dir);
    const both = await Promise.all([
      run('connect', 'all', '--yes'),
      run('connect', 'all', '--yes'),
      run('setup', '--yes'),
    ]);
    expect(both.filter(({ code }) => code === 0).length).toBeGreaterThan(0);
    for (const { code, stderr } of both) if (code !== 0) expect(stderr).toMatch(/changed since this plan was made/);
    await good('undo', '--all', '--yes');
    for (const [name, facts] of Object.entries(before)) expect(treeOf(home.dir)[name], name).toBe(facts);
  });

  it('leave nothing of a run that was killed before it had a journal', async () => {
    const folder = path.join(home.dir, '.config/agent-mcp-gateway/setup/1796017196562-02b0d2d6');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, '.0.after.new.tmp'), '{}');
    expect(await good('undo', '--yes')).toContain('nothing to take back');
    expect(existsSync(folder)).toBe(false);
  });

  it('by SIGKILL, at any moment, are finished by undo', async () => {
    const before = treeOf(home.dir);
    const root = path.join(home.dir, '.config/agent-mcp-gateway/setup');
    for (let round = 0; round < 6; round++) {
      const running = start(process.execPath, [...program, 'setup', '--yes'], home);
      // From the first write on, a little later each time.
      while (!existsSync(root) && running.child.exitCode === null) await new Promise(setImmediate);
      for (let wait = 0; wait < round * 40; wait++) await new Promise(setImmediate);
      running.child.kill('SIGKILL');
      await running.exited;
      await good('undo', '--all', '--yes');
      const after = treeOf(home.dir);
      for (const [name, facts] of Object.entries(before)) expect(after[name], name).toBe(facts);
      expect(Object.keys(after).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    }
  });
});
