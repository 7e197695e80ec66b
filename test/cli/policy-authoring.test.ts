/** Rules that write themselves: `policy learn`, `diff` and `add`, with the built program (docs/rules.md). */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePolicyHome, type PolicyHome, type Report, RULES } from '../support/policy-home.ts';

/** A word of the rules: objects with such a member look like promises to the linter. */
const THEN = 'then';

let policyHome: PolicyHome;
beforeAll(async () => {
  policyHome = await makePolicyHome();
});
afterAll(() => policyHome.home.remove());

describe('policy learn', () => {
  it('shows what was used, how often, and what it leaves out; writes nothing unasked', async () => {
    const { stdout, stderr, code } = await policyHome.cli('policy', 'learn');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}files +add +2 calls +last \d{4}-/m);
    expect(stdout).toMatch(/^ {2}db +query +1 call +last .*1 against the rules of then/m);
    expect(stdout).toMatch(/^ {2}db +ghost +1 call +never came to such a server or tool$/m);
    expect(stdout).toContain('+        "tools": { "files": ["add", "read_file"] },');
    expect(stderr).toContain('no calls of idle');
    expect(stderr).toContain('Nothing was written');
    expect(readFileSync(policyHome.home.rules, 'utf8')).toBe(RULES);
  });

  it('writes with --write, keeps comments, owner and mode, and changes nothing the second time', async () => {
    const file = policyHome.rulesFile('learned.json', `\ufeff${RULES.replaceAll('\n', '\r\n')}`);
    const before = statSync(file);
    const learn = ['policy', 'learn', '--rules', file, '--write'];
    expect(await policyHome.json(...learn)).toMatchObject({
      changed: true,
      written: true,
      agents: [{ agent: 'dev' }, { agent: 'trial' }],
    });
    const text = readFileSync(file, 'utf8');
    expect(text.startsWith('\ufeff{\r\n  // everybody\r\n')).toBe(true);
    for (const comment of ['// for now', '// never']) expect(text).toContain(comment);
    expect(text.replaceAll('\r\n', '')).not.toContain('\n');
    expect(statSync(file).mode).toBe(before.mode);
    const allowed = async (...names: string[]): Promise<boolean> =>
      (await policyHome.cli('policy', 'explain', ...names, '--rules', file)).code === 0;
    expect(await allowed('dev', 'files', 'read_file')).toBe(true);
    expect(await allowed('dev', 'files', 'write_file')).toBe(false);
    expect(await allowed('dev', 'db')).toBe(false);
    expect(await allowed('trial', 'db', 'query')).toBe(true);
    expect(await allowed('idle', 'db', 'query')).toBe(true);
    const again = await policyHome.cli(...learn);
    expect(again.stderr).toContain('Nothing to change');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('takes --agent, --since and --min-uses, and refuses what it does not know', async () => {
    const agents = async (...args: string[]): Promise<Report['agents']> =>
      (await policyHome.json('policy', 'learn', ...args)).agents;
    expect((await agents('--agent', 'trial')).map(({ agent }) => agent)).toEqual(['trial']);
    expect(await agents('--since', '2999-01-01')).toEqual([]);
    const [dev] = await agents('--min-uses', '2', '--since', '1h');
    expect(dev?.learned.map(({ name }) => name)).toEqual(['add']);
    expect(dev?.left_out).toContainEqual(expect.objectContaining({ name: 'read_file', why: 'seldom' }));
    for (const wrong of [
      ['--since', 'soon'],
      ['--min-uses', '0'],
      ['--agent', 'nobody'],
      ['--audit-log', '/nowhere/a.jsonl'],
    ]) {
      const { code, stdout } = await policyHome.cli('policy', 'learn', ...wrong, '--json');
      expect(code, wrong.join(' ')).toBe(2);
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
    }
  });

  const CALLS = process.env['LONG'] === '1' ? 10_000 : 2_000;

  it(`allows every one of ${CALLS} calls over rotated files, and nothing else of the catalogue`, async () => {
    const agents = ['a0', 'a1', 'a2', 'a3', 'a4'];
    const log = path.join(policyHome.home.dir, 'many', 'audit.jsonl');
    mkdirSync(path.dirname(log));
    const used = new Set<string>();
    const lines: string[] = [];
    let state = 1;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let call = 0; call < CALLS; call++) {
      // Of 40 servers with 25 tools each, an agent uses a part.
      const agent = agents[random(agents.length)] ?? '';
      const [server, tool] = [`server${random(8)}`, `tool_${random(6)}`];
      used.add(JSON.stringify([agent, server, tool]));
      const record = {
        timestamp: new Date(1_700_000_000_000 + call * 1_000).toISOString(),
        ...{ agent_id: agent, operation: 'execute_tool', server, tool, decision: 'ALLOW', latency_ms: 1 },
        ...{
          request_id: `r-${call}`,
          rule: 'implicit_grant',
          error_code: null,
          principal: 'local',
          claimed_agent: agent,
        },
        ...{
          assurance: 'claim',
          phase: 'decided',
          detail: { args: ['path'], args_bytes: 300 },
          padding: 'x'.repeat(250),
        },
      };
      lines.push(JSON.stringify(record), JSON.stringify({ ...record, phase: 'finished' }));
    }
    const half = lines.length / 2;
    writeFileSync(`${log}.000001`, `${lines.slice(0, half).join('\n')}\n`);
    writeFileSync(log, `${lines.slice(half).join('\n')}\n`);
    const file = policyHome.rulesFile(
      'many.json',
      JSON.stringify(
        { agents: Object.fromEntries(agents.map((name) => [name, { allow: { servers: ['*'] } }])) },
        null,
        2,
      ),
    );
    expect(await policyHome.json('policy', 'learn', '--rules', file, '--audit-log', log, '--write')).toMatchObject({
      calls: CALLS,
      files: 2,
      written: true,
    });
    const catalogue = agents.flatMap((agent) =>
      Array.from({ length: 40 * 25 }, (_, at) => [agent, `server${Math.floor(at / 25)}`, `tool_${at % 25}`]),
    );
    const checks = catalogue.map((names) => [...names, used.has(JSON.stringify(names))]);
    const expected = policyHome.rulesFile('expected.json', JSON.stringify([{ checks }]));
    expect((await policyHome.cli('policy', 'test', expected, '--rules', file)).stdout).toBe(
      '5000 checks, 0 mismatches\n',
    );
  });

  it('does not write a file that changed under it, and not an agent that is gone', async () => {
    const file = policyHome.rulesFile('gone.json', RULES.replace('"trial": {', '"other": {'));
    const report = await policyHome.json('policy', 'learn', '--rules', file, '--write');
    expect(report).toMatchObject({ agents_not_in_rules: ['trial'], written: true });
    expect(readFileSync(file, 'utf8')).not.toContain('trial');
    expect(await policyHome.json('policy', 'learn', '--rules', file, '--agent', 'trial', '--write')).toMatchObject({
      written: true,
    });
    expect((await policyHome.cli('policy', 'explain', 'trial', 'db', 'query', '--rules', file)).code).toBe(0);
  });
});

describe('policy diff', () => {
  it('shows which decisions change over the tools and the past calls, with both rules', async () => {
    const [old, now] = [
      policyHome.rulesFile('old.json'),
      policyHome.rulesFile('new.json', RULES.replace('["drop_*"]', '["drop_*", "read_*", "add"]')),
    ];
    const { code, stdout } = await policyHome.cli('policy', 'diff', old, now);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^dev +files +read_file +ALLOW -> DENY +implicit_grant -> agents\.dev\.deny\.tools\.\*\[1\]$/m,
    );
    expect(stdout).toContain('3 decisions would change.');
    expect(stdout).toMatch(/^ {2}dev +files +add +2 calls +ALLOW -> DENY/m);
    expect(stdout).toContain('3 calls would be decided otherwise.');
    const same = await policyHome.cli('policy', 'diff', old, old);
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('0 decisions would change') });
  });

  it('counts the end of shadow mode as a change', async () => {
    const [old, now] = [
      policyHome.rulesFile('old.json'),
      policyHome.rulesFile('new.json', RULES.replace('"enforce": "shadow", ', '')),
    ];
    const { tools, calls } = await policyHome.json('policy', 'diff', old, now);
    expect(tools).toContainEqual({
      ...{ agent: 'trial', server: 'db', kind: 'tool', name: 'query' },
      before: { outcome: 'SHADOW', rule: 'default_deny' },
      after: { outcome: 'DENY', rule: 'default_deny' },
    });
    expect(calls).toEqual([expect.objectContaining({ agent: 'trial', name: 'query', calls: 1 })]);
  });

  it('shows which calls are held up after which labels, before and after', async () => {
    const flow = (...rules: object[]): string =>
      JSON.stringify({
        agents: { dev: { allow: { servers: ['*'] } } },
        labels: { files: { 'read_*': ['private'] }, db: { query: ['external'] } },
        flow: rules,
      });
    const rule = { after: ['private'], call: 'external' };
    const [old, now] = [
      policyHome.rulesFile('old.json', flow({ ...rule, [THEN]: 'ask' })),
      policyHome.rulesFile('new.json', flow({ ...rule, [THEN]: 'deny', window_s: 3600 })),
    ];
    const { code, stdout } = await policyHome.cli('policy', 'diff', old, now);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^ {2}after private within 1 h +db +query +ASK -> DENY +flow\[0\]$/m);
    expect(stdout).toMatch(/^ {2}after private within 8 h +db +query +ASK -> ALLOW +flow\[0\]$/m);
    const changed = await policyHome.json('policy', 'diff', old, now);
    expect(changed).toMatchObject({
      flow: { labels: [], stops: [{ tool: 'query', within_s: 3600 }, { within_s: 28_800 }] },
    });
    expect(await policyHome.json('policy', 'matrix', '--rules', now)).toHaveProperty('flow', [
      { labels: ['private'], within_s: 3600, server: 'db', tool: 'query', outcome: 'DENY', rule: 'flow[0]' },
    ]);
    expect((await policyHome.cli('policy', 'matrix', '--html', '--rules', now)).stdout).toContain('<h2>Combinations');
  });

  it('refuses a file that is none', async () => {
    const { code, stderr } = await policyHome.cli(
      'policy',
      'diff',
      policyHome.rulesFile('old.json'),
      policyHome.rulesFile('bad.json', '{"agents": {"x": {"denny": 1}}}'),
    );
    expect(code).toBe(1);
    expect(stderr).toContain('bad.json:1:');
  });
});

describe('policy add', () => {
  it('shows a recipe as a diff with what it takes away, and writes it with --write', async () => {
    const file = policyHome.rulesFile('recipe.json');
    const { code, stdout, stderr } = await policyHome.cli(
      'policy',
      'add',
      'read-only',
      '--agent',
      'dev',
      '--rules',
      file,
      '--mcp-config',
      policyHome.home.servers,
    );
    expect(code).toBe(0);
    expect(stdout).toContain('+            "get[_.A-Z-]*",');
    expect(stdout).toContain('  files write_file\n');
    expect(stdout).not.toContain('  files read_file\n');
    expect(stderr).toContain('Nothing was written');
    expect(readFileSync(file, 'utf8')).toBe(RULES);
    const written = await policyHome.json('policy', 'add', 'read-only', '--agent', 'dev', '--rules', file, '--write');
    expect(written).toMatchObject({ written: true, changed: true, dropped: [] });
    const text = readFileSync(file, 'utf8');
    for (const comment of ['// everybody', '// for now', '// never']) expect(text).toContain(comment);
    const allowed = async (server: string, tool: string): Promise<boolean> =>
      (await policyHome.cli('policy', 'explain', 'dev', server, tool, '--rules', file)).code === 0;
    expect(await allowed('files', 'read_file')).toBe(true);
    for (const tool of ['write_file', 'query', 'get_or_create', 'drop_table'])
      expect(await allowed('db', tool)).toBe(false);
    expect(
      await policyHome.json('policy', 'add', 'read-only', '--agent', 'dev', '--rules', file, '--write'),
    ).toMatchObject({
      changed: false,
    });
  });

  it('no-exfiltration asks about a combination, once, and says what has no labels yet', async () => {
    const add = ['policy', 'add', 'no-exfiltration', '--agent', 'dev', '--write'];
    const { code, stderr } = await policyHome.cli(...add);
    expect(code).toBe(0);
    expect(stderr).toMatch(/It holds for every agent.*what these touch.*"files"/s);
    expect(readFileSync(policyHome.home.rules, 'utf8')).toContain('"flow"');
    const { code: asked } = await policyHome.cli('policy', 'explain', 'dev', 'files', 'read_file');
    expect(asked).toBe(0);
    expect(await policyHome.json(...add)).toMatchObject({ changed: false, written: false });
    writeFileSync(policyHome.home.rules, RULES);
  });

  it.each([['read-onyl', /There is no recipe "read-onyl".*read-only/]])(
    '%s is refused and changes nothing',
    async (recipe, why) => {
      const { code, stderr } = await policyHome.cli('policy', 'add', recipe, '--agent', 'dev', '--write');
      expect(code).toBe(2);
      expect(stderr).toMatch(why);
      expect(readFileSync(policyHome.home.rules, 'utf8')).toBe(RULES);
    },
  );

  it('an unknown agent is refused', async () => {
    expect(await policyHome.cli('policy', 'add', 'no-delete', '--agent', 'dve')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('dev'),
    });
    expect((await policyHome.cli('policy', 'add', 'no-delete')).code).toBe(2);
  });
});

it('validate warns about tools and arguments that servers did not list', async () => {
  const allow = {
    servers: ['files', 'db'],
    tools: {
      files: ['read_fil', { tool: 'add', args: { '/c': { min: 1 } } }],
      db: [{ tool: 'query', args: { '/q': {} } }],
    },
  };
  const text = JSON.stringify({ agents: { dev: { allow } } }).replace('"/q":{}', '"/q":{"min":1}');
  const { code, stdout } = await policyHome.cli('validate', '--rules', policyHome.rulesFile('misspelt.json', text));
  expect(code).toBe(0);
  expect(stdout).toMatch(/^warning: .*Server "files" lists no tool "read_fil" - Did you mean "read_file"\?$/m);
  expect(stdout).toMatch(/^warning: .*Tool "add" takes no argument "\/c" - /m);
  // It says nothing of its arguments.
  expect(stdout).not.toContain('/q');
});
