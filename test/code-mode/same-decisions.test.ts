/** Calls of programs are decided and recorded exactly as the same calls made alone. `LONG=1`: 100,000 programs. */
import process from 'node:process';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { auditRecords, makeHome, servers } from '../support/home.ts';
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

/** What the records are about, without what differs from call to call: how many there are of each. */
function counted(records: readonly Record<string, unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const record of records) {
    // Refusals that repeat are one record, now and then; each was compared as its caller heard it.
    if (record['operation'] !== 'execute_tool' || record['decision'] === 'DENY') continue;
    const { phase, decision, agent_id, claimed_agent, assurance, server, tool, rule, pointer, shadow, error_code } =
      record;
    const about = [
      phase,
      decision,
      agent_id,
      claimed_agent,
      assurance,
      server,
      tool,
      rule,
      pointer,
      shadow,
      error_code,
    ];
    const key = JSON.stringify(about);
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

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
  const [single, joined] = homes.map((home) => auditRecords(home));
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  expect(counted(joined ?? [])).toEqual(counted(single ?? []));
  const runs = new Map(joined?.filter(({ operation }) => operation === 'run_code').map((r) => [r['request_id'], r]));
  const inner = joined?.filter(({ operation, phase }) => operation === 'execute_tool' && phase === 'decided') ?? [];
  expect(inner.length).toBeGreaterThan(PROGRAMS / 2);
  for (const record of inner) expect(runs.get(record['parent_request_id'])).toBeDefined();
});
