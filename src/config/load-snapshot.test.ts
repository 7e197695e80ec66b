import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readConfigFile, sha256 } from './config-files.ts';
import { configSecrets } from './known-secrets.ts';
import { checkConfig, formatProblem, loadSnapshot } from './load-snapshot.ts';
import { RULES_FILE, SERVERS_FILE } from './locate-files.ts';
import { makeSandbox, RULES, type Sandbox, SERVERS } from './testing.ts';
import { addTrusted } from './trusted-files.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await makeSandbox();
});
afterEach(() => box.remove());

async function load(servers: unknown, rules: unknown, env: Record<string, string> = {}) {
  await box.write(join(box.own, SERVERS_FILE), servers);
  await box.write(join(box.own, RULES_FILE), rules);
  return loadSnapshot(box.settings(), env);
}

async function failure(servers: unknown, rules: unknown): Promise<Error> {
  return load(servers, rules).then(
    () => new Error('it was loaded'),
    (error: Error) => error,
  );
}

test('both files become one snapshot', async () => {
  const { snapshot, problems } = await load(SERVERS, {
    ...RULES,
    defaults: { deny_on_missing_agent: true, explain_denials: true },
    principals: { me: { stdio: true, may_assume: ['dev'] } },
  });
  expect(problems).toEqual([]);
  expect(snapshot).toMatchObject({
    paths: { servers: join(box.own, SERVERS_FILE), rules: join(box.own, RULES_FILE) },
    denyOnMissingAgent: true,
    explainDenials: true,
    warnings: [],
  });
  expect(snapshot.policy.decide('dev', 'files').allowed).toBe(true);
  expect(snapshot.principals?.get('me')?.mayAssume).toEqual(['dev']);
  expect(snapshot.version).toMatch(/^[0-9a-f]{64}$/);
});

test('without defaults and principals', async () => {
  const { snapshot } = await load(SERVERS, RULES);
  expect(snapshot).toMatchObject({ denyOnMissingAgent: false, explainDenials: false, principals: undefined });
});

test('the version depends on both contents', async () => {
  const versions = [
    (await load(SERVERS, RULES)).snapshot.version,
    (await load(SERVERS, { ...RULES, defaults: {} })).snapshot.version,
    (await load({ ...SERVERS, $schema: 'x' }, RULES)).snapshot.version,
  ];
  expect(new Set(versions).size).toBe(3);
  expect((await load(SERVERS, RULES)).snapshot.version).toBe(versions[0]);
});

test('every error of both files is listed with file, line, column and fix; nothing is loaded', async () => {
  const error = await failure(
    '{\n "mcpServers": {},\n "mcpServers": {} }',
    '{\n "agents": { "a b": {} },\n "foo": 1 }',
  );
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  const lines = error.message.split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[1]).toMatch(`${join(box.own, SERVERS_FILE)}:3:2 Duplicate key "mcpServers" - `);
  expect(lines[2]).toMatch(`${join(box.own, RULES_FILE)}:2:14 "agents.a b" is not an agent id - `);
  expect(lines[3]).toMatch(`${join(box.own, RULES_FILE)}:3:2 "foo" is not a known key - `);
});

test.each<[string, unknown, unknown]>([
  ['a servers file without a map', {}, RULES],
  ['a servers file that does not parse', '{', RULES],
  ['an empty servers file', '', RULES],
  ['rules that do not parse', SERVERS, '{"agents": '],
  ['D4: rules with an unknown key', SERVERS, { ...RULES, denny: {} }],
])('%s: nothing starts', async (_name, servers, rules) => {
  expect(await failure(servers, rules)).toMatchObject({ code: 'CONFIG_INVALID' });
});

test('D12: a server that is broken does not keep the others from working', async () => {
  const { snapshot, problems } = await load({ mcpServers: { files: { command: 'x' }, bad: { command: 1 } } }, RULES);
  expect([...snapshot.servers.keys()]).toEqual(['files']);
  expect(snapshot.broken.get('bad')?.reason).toContain('"command"');
  expect(problems).toMatchObject([{ severity: 'error', file: join(box.own, SERVERS_FILE) }]);
  expect(snapshot.warnings).toEqual([]);
});

test('rules for servers that are not configured are warnings at their places; patterns and servers that are off are not', async () => {
  const servers = { mcpServers: { files: { command: 'x' }, bad: {}, off: { disabled: true } } };
  const dev = {
    allow: { servers: ['files', 'bad', 'off', 'gone', 'x*'], tools: { gone: ['a'] } },
    deny: { servers: ['flies'] },
  };
  const { snapshot } = await load(servers, JSON.stringify({ agents: { dev } }, null, 1));
  expect(snapshot.warnings.map((problem) => [problem.line, problem.message])).toEqual([
    [9, '"agents.dev.allow.servers[3]" names the server "gone", which is not configured'],
    [13, '"agents.dev.allow.tools.gone" names the server "gone", which is not configured'],
    [20, '"agents.dev.deny.servers[0]" names the server "flies", which is not configured'],
  ]);
  expect(snapshot.warnings[2]?.fix).toBe('Did you mean "files"?');
});

test('rules that relied on the Python gateway are warnings', async () => {
  const dev = { allow: { servers: ['files'], tools: { files: [] } } };
  const { snapshot } = await load(SERVERS, { agents: { dev }, defaults: { deny_on_missing_agent: false } });
  expect(snapshot.warnings.map((problem) => problem.message)).toEqual([
    expect.stringContaining('An empty list allows no tool'),
    expect.stringContaining('agent_id that the rules do not have is refused'),
  ]);
});

test('the environment is substituted, and what came out of it is secret', async () => {
  const servers = { mcpServers: { files: { command: 'x', args: [`--key=$\{KEY}`] } } };
  const { snapshot } = await load(servers, RULES, { KEY: 'very-secret' });
  expect(snapshot.servers.get('files')?.link).toMatchObject({ args: ['--key=very-secret'] });
  expect(configSecrets(snapshot)).toContain('very-secret');
});

test('D13: a trusted file that changes after it was found is refused, with what to do', async () => {
  const path = await box.write(join(box.cwd, SERVERS_FILE), SERVERS);
  await box.write(join(box.own, RULES_FILE), RULES);
  const content = await readConfigFile(path);
  if (!content.ok) throw new Error('not readable');
  await addTrusted(box.own, [{ path, sha256: content.sha256, trusted_at: '2026-01-01T00:00:00Z' }]);
  const { location } = await loadSnapshot(box.settings(), {});
  expect(location.servers).toEqual({ path, needsTrust: true, folder: box.cwd });

  await box.write(path, { mcpServers: { files: { command: 'evil' } } });
  const error = await loadSnapshot(box.settings(), {}, location).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('agent-mcp-gateway trust') });
});

test('a folder in the place of a file is an error of that file', async () => {
  await mkdir(join(box.own, RULES_FILE), { recursive: true });
  await box.write(join(box.own, SERVERS_FILE), SERVERS);
  await expect(loadSnapshot(box.settings(), {})).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining('Name a file'),
  });
});

test('problems have the form that editors make clickable', () => {
  const problem = { severity: 'error', file: '/a', line: 2, column: 3, message: 'Bad', fix: 'Mend it' } as const;
  expect(formatProblem(problem)).toBe('/a:2:3 Bad - Mend it');
});

test('property: whatever is in the files, checking them does not throw, and an error comes with its place', async () => {
  const word = fc.constantFrom(
    ...['agents', 'allow', 'deny', 'tools', 'servers', 'defaults', 'principals', 'may_assume', 'stdio', 'default'],
    ...['mcpServers', 'command', 'url', 'env', 'headers', 'args', '__proto__', 'constructor', 'x', '[a', '*'],
  );
  // JSON text, not values: a literal could not have a key `__proto__`.
  const leaf = fc.oneof(word, fc.boolean(), fc.integer(), fc.constant(null)).map((value) => JSON.stringify(value));
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 7 },
      leaf,
      fc.array(tie('tree'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc
        .uniqueArray(fc.tuple(word, tie('tree')), { selector: ([key]) => key, maxLength: 5 })
        .map((members) => `{${members.map(([key, text]) => `${JSON.stringify(key)}: ${text}`).join(', ')}}`),
    ),
  }));
  const file = (path: string, text: string) => {
    const bytes = Buffer.from(text);
    return { ok: true, path, bytes, sha256: sha256(bytes) } as const;
  };
  await fc.assert(
    fc.asyncProperty(tree, tree, async (entry, agent) => {
      const servers = `{"mcpServers": {"a": ${entry}}}`;
      const rules = `{"agents": {"a": ${agent}}, "principals": {"p": ${entry}}}`;
      const checked = await checkConfig({ servers: file('s', servers), rules: file('r', rules) }, {}, undefined);
      const errors = checked.problems.filter((problem) => problem.severity === 'error');
      if (checked.snapshot === undefined) expect(errors).not.toEqual([]);
      for (const { line, column, fix } of checked.problems) {
        expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
        expect(fix).not.toBe('');
      }
    }),
    { numRuns: 300 },
  );
});
