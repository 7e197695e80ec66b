/** Rules over arguments and access, through the front door: what is decided on is what is forwarded (docs/rules.md). */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveHttp } from '../support/gateway.ts';
import { auditRecords, type Json, servers } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { CORNERS, type Front, openShared, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { call, callTool, dataOf, errorOf, execute, resultOf, textOf } from '../support/tools.ts';
import { VIEWS, viewRules } from '../support/views.ts';

const CALLS = path.join(mkdtempSync(path.join(os.tmpdir(), 'rules-over-calls-')), 'calls');
const HINTS = {
  get_file: { readOnlyHint: true },
  put_file: { readOnlyHint: false, destructiveHint: false },
  drop_file: { destructiveHint: true },
  send_file: {},
};

const AGENTS: Json = {
  writer: {
    allow: {
      servers: ['calc'],
      tools: {
        calc: [
          'label',
          { tool: 'put_*', args: { '/path': { under: ['/srv/project'] } } },
          { tool: 'query', when: "size(args.sql) < 50 && !args.sql.matches('(?i)drop')" },
        ],
      },
    },
    deny: { tools: { '*': [{ tool: 'put_*', args: { '/path': { matches: '*.key' } } }] } },
  },
  reader: { allow: { servers: ['calc'], access: { calc: ['read'] } } },
  careful: {
    allow: { servers: ['calc'] },
    ask: { access: { '*': ['write', 'unknown'] } },
    deny: { access: { '*': ['destructive'] } },
  },
};
const SETUP = {
  servers: servers({
    calc: fixture('calc', {
      TOOLS: 'get_file,put_file,drop_file,send_file,query',
      HINTS: JSON.stringify(HINTS),
      CALLS_FILE: CALLS,
    }),
  }),
  rules: {
    ...viewRules({}, AGENTS),
    access: { calc: { send_file: 'read' } },
    approvals: { via: ['cli'], timeout_s: 1 },
  },
};

const SECRET = 'value-that-no-record-has';

overMatrix(CORNERS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, SETUP);
  });
  afterAll(() => front.stop());

  const said = async (agent: string, tool: string, args: unknown): Promise<string> => {
    const result = await execute(front.rpc, { server: 'calc', tool, args, agent_id: agent });
    return result.isError === true ? errorOf(result).code : textOf(result);
  };

  it.each([
    ['put_file', { path: '/srv/project/a.txt' }, 'put_file'],
    ['put_file', '{"path": "/srv/project/a.txt"}', 'put_file'],
    ['put_file', { path: `/etc/${SECRET}` }, 'DENIED_BY_POLICY'],
    ['put_file', '{"path": "/etc/passwd"}', 'DENIED_BY_POLICY'],
    ['put_file', { path: '/srv/project/%2e%2e/%2e%2e/etc/passwd' }, 'DENIED_BY_POLICY'],
    ['put_file', { path: '/srv/project/a.key' }, 'DENIED_BY_POLICY'],
    ['put_file', { path: ['/srv/project/a.txt'] }, 'DENIED_BY_POLICY'],
    ['put_file', { Path: '/srv/project/a.txt' }, 'DENIED_BY_POLICY'],
    ['put_file', { path: '/srv/project/a.txt', PATH: '/etc/passwd' }, 'DENIED_BY_POLICY'],
    ['put_file', {}, 'DENIED_BY_POLICY'],
    ['query', { sql: 'select 1' }, 'query'],
    ['query', { sql: 'DROP things' }, 'DENIED_BY_POLICY'],
    ['query', {}, 'DENIED_BY_POLICY'],
    ['label', { anything: 1 }, 'none'],
  ])('a call of %s with %j is: %s', async (tool, args, expected) => {
    expect(await said('writer', tool, args)).toBe(expected);
  });

  it('records the rule and the argument, and no value', async () => {
    // Repeated refusals become one record: these are the first of the calls above.
    const refused = auditRecords(front.home).filter(({ tool, decision }) => tool === 'put_file' && decision === 'DENY');
    const missed = refused.find(({ rule }) => rule === 'default_deny');
    const denied = refused.find(({ rule }) => String(rule).includes('deny.tools'));
    expect(missed).toMatchObject({ decision: 'DENY', rule: 'default_deny', pointer: '/path' });
    expect(denied).toMatchObject({ rule: 'agents.writer.deny.tools.*[0]', pointer: '/path' });
    expect(readFileSync(front.home.audit, 'utf8')).not.toContain(SECRET);
  });

  it('lists what may be called with some arguments, and what its access allows', async () => {
    const toolsOf = async (agent: string): Promise<string[]> => {
      const list = dataOf(
        await callTool(front.rpc, 'get_server_tools', { server: 'calc', agent_id: agent, detail: 'names' }),
      );
      return (list as { tools: string[] }).tools.sort();
    };
    expect(await toolsOf('writer')).toEqual(['label', 'put_file', 'query']);
    expect(await toolsOf('reader')).toEqual(['get_file', 'send_file']);
    expect(await toolsOf('careful')).not.toContain('drop_file');
    expect(await toolsOf('careful')).toContain('put_file');
    const found = dataOf(await callTool(front.rpc, 'search_tools', { query: 'file', agent_id: 'reader' }));
    expect((found as { tools: { tool: string }[] }).tools.map(({ tool }) => tool).sort()).toEqual([
      'get_file',
      'send_file',
    ]);
  });

  it('decides on the access of a tool, and tells what is denied and what there is not alike', async () => {
    expect(await said('reader', 'get_file', {})).toBe('get_file');
    expect(await said('reader', 'send_file', {})).toBe('send_file');
    const text = async (tool: string): Promise<string> => {
      const answer = await call(front.rpc, 'execute_tool', { server: 'calc', tool, agent_id: 'reader' });
      return answer.text.replaceAll(tool, 'tool').replace(/"id":\d+/, '"id":0');
    };
    const denied = await text('drop_file');
    expect(denied).toContain('DENIED_BY_POLICY');
    for (const tool of ['put_file', 'query', 'no_such_tool']) expect(await text(tool)).toBe(denied);
    expect(await said('careful', 'drop_file', {})).toBe('DENIED_BY_POLICY');
    const rules = auditRecords(front.home).map(({ rule }) => rule);
    expect(rules).toContain('agents.careful.deny.access.*[0]');
    expect(rules).toContain('agents.reader.allow.access.calc[0]');
  });
});

it('holds in every view', async () => {
  const gateway = await serveHttp({
    ...SETUP,
    rules: {
      ...viewRules({
        tools: { calc: [{ tool: 'put_*', args: { '/path': { under: '/etc' } } }] },
        access: { '*': ['destructive'] },
      }),
      approvals: { via: ['cli'], timeout_s: 1 },
    },
  });
  for (const view of VIEWS) {
    const rpc = await openHttp(new URL(view.path('calc'), gateway.origin).href, '2025-11-25', { token: view.token });
    const said = async (tool: string, args: object): Promise<string> =>
      textOf(resultOf(await rpc.call('tools/call', JSON.stringify(view.call('calc', tool, args)))));
    expect(await said('put_file', { path: '/srv/a' })).toBe('put_file');
    expect(await said('put_file', { path: '/srv/../etc/passwd' })).toContain('DENIED_BY_POLICY');
    expect(await said('put_file', {})).toContain('DENIED_BY_POLICY');
    expect(await said('drop_file', {})).toContain('DENIED_BY_POLICY');
    expect(await said('no_such_tool', {})).toContain('DENIED_BY_POLICY');
    await rpc.close();
  }
  await gateway.stop();
  const calls = existsSync(CALLS) ? readFileSync(CALLS, 'utf8') : '';
  expect(calls).not.toMatch(/etc|drop_file/);
});
