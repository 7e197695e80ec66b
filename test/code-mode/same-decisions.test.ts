/** Calls of programs are decided and recorded exactly as the same calls made alone. `LONG=1`: 100,000 programs. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { type Home, makeHome, servers } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { MODERN } from '../support/rpc.ts';
import { callTool, type ToolResult } from '../support/tools.ts';

const LONG = process.env['LONG'] !== undefined;
const PROGRAMS = LONG ? 100_000 : 60;
/** Programs at a time. */
const LANES = 4;

const HINTS = { read: { readOnlyHint: true }, drop: { destructiveHint: true } };
const calc = fixture('calc', { TOOLS: 'read,drop', HINTS: JSON.stringify(HINTS) });
const all = { servers: ['*'] };
/** Names, arguments, access, questions that nobody can be asked, shadow, and a limit. */
const AGENTS = {
  free: { allow: all },
  named: { allow: { tools: { calc: ['add', 'r*'] } } },
  denied: {
    allow: all,
    deny: { tools: { calc: ['label', { tool: 'add', args: { '/a': { max: 3 } } }], 'o*': ['*'] } },
  },
  reader: { allow: { access: { calc: ['read'] }, servers: ['other'] } },
  asked: { allow: all, ask: { tools: { calc: ['drop', { tool: 'add', args: { '/b': { min: 5 } } }] } } },
  shadow: { allow: { tools: { calc: ['add'] } }, enforce: 'shadow' },
  nobody: { allow: {} },
};
const rules = {
  agents: Object.fromEntries(Object.entries(AGENTS).map(([name, agent]) => [name, { ...agent, code: true }])),
  approvals: { via: ['client'] },
  access: { calc: { drop: 'destructive' } },
};

interface Call {
  readonly server: string;
  readonly tool: string;
  readonly args: object;
}

const number = fc.constantFrom<unknown>(1, 2, 4, 7, '5', null);
const call: fc.Arbitrary<Call> = fc.record({
  server: fc.constantFrom('calc', 'calc', 'calc', 'other', 'none'),
  tool: fc.constantFrom('add', 'add', 'label', 'fail', 'reject', 'read', 'drop', 'ad', 'constructor'),
  args: fc.oneof(fc.record({ a: number, b: number }), fc.constant({})),
});
const programs = fc.record({
  agent: fc.constantFrom(...Object.keys(AGENTS)),
  calls: fc.array(call, { minLength: 1, maxLength: 5 }),
});

type Program = typeof programs extends fc.Arbitrary<infer Made> ? Made : never;

/** The end of a call as both kinds of callers tell it. */
type Told = readonly [string, unknown];

function toldAlone({ content, isError }: ToolResult): Told {
  const text = content.map((block) => block.text ?? '').join('\n');
  if (isError !== true) return ['ok', text];
  try {
    const { error } = JSON.parse(text) as { error: { code: string | number; message: string } };
    return [String(error.code), error.message];
  } catch {
    return ['TOOL_FAILED', text];
  }
}

const CODE = (calls: readonly Call[]): string => `const told = [];
for (const { server, tool, args } of ${JSON.stringify(calls)}) {
  try {
    const { content } = await tools.call(server, tool, args, { raw: true }).then((r) => { if (r.isError) throw r; return r });
    told.push(['ok', content.map(({ text }) => text).join('\\n')]);
  } catch (e) {
    if (e instanceof ToolError) { told.push([e.code, e.message]); continue; }
    const text = e.content.map((block) => block.text ?? '').join('\\n');
    try { const { error } = JSON.parse(text); told.push([String(error.code), error.message]); }
    catch { told.push(['TOOL_FAILED', text]); }
  }
}
return told;`;

type AuditRecord = Readonly<Record<string, unknown>>;

/** The log and its rotated files: a long run fills several. */
function* recordsOf({ audit }: Home): Generator<AuditRecord> {
  const folder = path.dirname(audit);
  const logs = readdirSync(folder).filter((name) => /^\.\d{6}$|^$/.test(name.replace(path.basename(audit), '')));
  for (const name of logs) {
    for (const line of readFileSync(path.join(folder, name), 'utf8').split('\n'))
      if (line !== '') yield JSON.parse(line);
  }
}

interface Recorded {
  /** By what records of calls are about, without what differs from call to call: how many there are. */
  readonly calls: Readonly<Record<string, number>>;
  /** The ids of programs, and those that calls name as theirs. */
  readonly programs: ReadonlySet<unknown>;
  readonly parents: readonly unknown[];
}

function recordedIn(home: Home): Recorded {
  const calls: Record<string, number> = {};
  const programs = new Set<unknown>();
  const parents: unknown[] = [];
  for (const record of recordsOf(home)) {
    if (record['operation'] === 'run_code') programs.add(record['request_id']);
    if (record['operation'] !== 'execute_tool') continue;
    if (record['phase'] === 'decided') parents.push(record['parent_request_id']);
    // Refusals that repeat are one record, now and then; each was compared as its caller heard it.
    if (record['decision'] === 'DENY') continue;
    const key = JSON.stringify(ABOUT.map((member) => record[member]));
    calls[key] = (calls[key] ?? 0) + 1;
  }
  return { calls, programs, parents };
}

const ABOUT = [
  'phase',
  'decision',
  'agent_id',
  'claimed_agent',
  'assurance',
  'server',
  'tool',
  'rule',
  'pointer',
  'shadow',
  'error_code',
];

it(`is so for ${PROGRAMS} programs`, { timeout: LONG ? 7_200_000 : 60_000 }, async () => {
  const files = { servers: servers({ calc, other: fixture('calc') }), rules };
  const homes = [makeHome(files), makeHome(files)] as const;
  const gateways = [
    await serveStdio({ home: homes[0] }, MODERN),
    await serveStdio({ home: homes[1] }, MODERN),
  ] as const;
  const [{ rpc: alone }, { rpc: inPrograms }] = gateways;
  // Whoever makes the first call must not be told another thing.
  for (const rpc of [alone, inPrograms]) await callTool(rpc, 'search_tools', { query: 'add', agent_id: 'free' });
  const singly = async ({ agent, calls }: Program): Promise<Told[]> => {
    const told: Told[] = [];
    for (const one of calls) told.push(toldAlone(await callTool(alone, 'execute_tool', { ...one, agent_id: agent })));
    return told;
  };
  const asProgram = async ({ agent, calls }: Program): Promise<unknown> => {
    const result = await callTool(inPrograms, 'run_code', { code: CODE(calls), agent_id: agent });
    return JSON.parse(result.content[0]?.text ?? '');
  };
  const left = fc.sample(programs, { numRuns: PROGRAMS, seed: 21 });
  const lane = async (): Promise<void> => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const [told, first] = await Promise.all([asProgram(one), singly(one)]);
      expect(told, JSON.stringify(one)).toEqual(first);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  for (const { running } of gateways) {
    running.child.stdin?.end();
    await running.exited;
  }
  const [single, joined] = [recordedIn(homes[0]), recordedIn(homes[1])];
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  expect(joined.calls).toEqual(single.calls);
  expect(joined.parents.length).toBeGreaterThan(PROGRAMS / 2);
  expect(joined.parents.filter((id) => !joined.programs.has(id))).toEqual([]);
});
