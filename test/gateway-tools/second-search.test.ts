/** Searches while servers start: the first one says what is missing, a second one has it, and a gateway that knew it before has it at once. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, expect, it } from 'vitest';
import { serveHttp } from '../support/gateway.ts';
import { fileText, type Home, type Json, makeHome, servers, withPrincipals } from '../support/home.ts';
import { CORNERS, type Front, open } from '../support/matrix.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { until } from '../support/process.ts';
import type { Rpc } from '../support/rpc.ts';
import { callTool, dataOf, executeError } from '../support/tools.ts';

interface Found {
  readonly tools: readonly { readonly server: string; readonly tool: string }[];
  readonly not_searched?: Readonly<Record<string, readonly string[]>>;
}

const RULES = withPrincipals({
  default: { allow: { servers: ['*'] } },
  bounded: { allow: { servers: ['*'] }, deny: { tools: { late: ['old_*'] } } },
});

const homes: Home[] = [];
afterAll(() => {
  for (const home of homes) home.remove();
});

/** A home that outlives its gateways, whose server `late` waits for a file. */
function lateHome(entry: (home: Home) => Json): { home: Home; gate: string; tools: string } {
  const home = makeHome({ rules: RULES });
  homes.push(home);
  writeFileSync(home.servers, fileText(servers({ calc: fixture('calc'), late: entry(home) })));
  const [gate, tools] = [gateOf(home), toolsOf(home)];
  writeFileSync(tools, 'old_name,steady_name');
  return { home: { ...home, remove: () => {} }, gate, tools };
}

const gateOf = ({ dir }: Home): string => path.join(dir, 'gate');
const toolsOf = ({ dir }: Home): string => path.join(dir, 'tools');
const changing = (home: Home): Json =>
  fixture('gated', { GATE_FILE: gateOf(home), GATED: 'changing', TOOLS_FILE: toolsOf(home) });

async function search(rpc: Rpc, agent = 'default', query = 'tool name adds numbers'): Promise<Found> {
  return dataOf(await callTool(rpc, 'search_tools', { query, limit: 20, agent_id: agent })) as Found;
}

const names = ({ tools }: Found): string[] => tools.map(({ server, tool }) => `${server}/${tool}`).sort();
const isDone = ({ not_searched: missing }: Found): boolean => missing === undefined;

/** Each of them waits for seconds. */
const WAITING = process.env['LONG'] === '1' ? CORNERS : CORNERS.slice(0, 1);

it.concurrent.each(WAITING)(
  'a second search waits for what was missing in the first one: $transport, $revision',
  async (kind) => {
    const { home, gate } = lateHome(changing);
    const front = await open(kind, { home });
    const first = await search(front.rpc);
    expect(first.not_searched).toEqual({ starting: ['late'] });
    expect(names(first)).toContain('calc/add');
    const second = search(front.rpc);
    // All lists together wait for a start no longer than this, and then not at all.
    for (const list of ['prompts', 'resources', 'resources/templates']) await front.rpc.call(`${list}/list`);
    for (const list of ['prompts', 'resources']) await front.rpc.call(`${list}/list`);
    writeFileSync(gate, '');
    expect(isDone(await second)).toBe(true);
    expect(names(await second)).toEqual(expect.arrayContaining(['calc/add', 'late/old_name', 'late/steady_name']));
    await front.stop();
  },
);

it('whoever searches for the first time does not wait that long', async () => {
  const { home, gate } = lateHome(changing);
  const gateway = await serveHttp({ home });
  const [one, other] = [await gateway.open('2025-11-25'), await gateway.open('2025-11-25')];
  await search(one);
  const again = search(one);
  expect((await search(other)).not_searched).toEqual({ starting: ['late'] });
  writeFileSync(gate, '');
  expect(isDone(await again)).toBe(true);
  expect(isDone(await search(other))).toBe(true);
  await gateway.stop();
});

it.concurrent.each(CORNERS)(
  'what was listed when a gateway ran before is searched at once: $transport, $revision',
  async (kind) => {
    const { home, gate, tools } = lateHome(changing);
    const start = (): Promise<Front> => open(kind, { home });
    writeFileSync(gate, '');
    const before = await start();
    expect(names(await search(before.rpc))).toEqual(expect.arrayContaining(['late/old_name', 'late/steady_name']));
    await before.stop();

    rmSync(gate);
    writeFileSync(tools, 'new_name,steady_name');
    const after = await start();
    const found = await search(after.rpc);
    expect(isDone(found)).toBe(true);
    expect(names(found)).toEqual(expect.arrayContaining(['calc/add', 'late/old_name', 'late/steady_name']));
    expect(names(await search(after.rpc, 'bounded'))).not.toContain('late/old_name');
    expect(await executeError(after.rpc, { server: 'late', tool: 'steady_name', timeout_ms: 200 })).toBe('TIMEOUT');
    writeFileSync(gate, '');
    await until(async () => names(await search(after.rpc)).includes('late/new_name'), 'it is listed anew');
    expect(names(await search(after.rpc))).not.toContain('late/old_name');
    expect(await executeError(after.rpc, { server: 'late', tool: 'old_name' })).toBe('TOOL_NOT_FOUND');
    await after.stop();
  },
);

it.each([
  ['ends', 'process.exit(3);', 'unavailable'],
  ['says nonsense', "process.stdout.write('{}\\n'.repeat(3)); process.exit(1);", 'unavailable'],
  [
    'has no tools any more',
    `process.env.TOOLS_FILE = 'none'; await import(${JSON.stringify(fixturePath('echo'))});`,
    undefined,
  ],
])('what a server listed before is forgotten once it %s', async (_what, script, missing) => {
  const program = ({ dir }: Home): string => path.join(dir, 'late.mjs');
  const { home, gate } = lateHome((made) => ({
    ...changing(made),
    command: process.execPath,
    args: [program(made)],
  }));
  writeFileSync(program(home), `await import(${JSON.stringify(fixturePath('gated'))});`);
  writeFileSync(gate, '');
  const kind = { transport: 'stdio', revision: '2025-11-25' } as const;
  const before = await open(kind, { home });
  expect(names(await search(before.rpc))).toContain('late/steady_name');
  await before.stop();

  writeFileSync(program(home), script);
  const after = await open(kind, { home });
  await until(async () => !names(await search(after.rpc)).includes('late/steady_name'), 'it is forgotten');
  const last = await search(after.rpc);
  expect(last.not_searched).toEqual(missing === undefined ? undefined : { [missing]: ['late'] });
  await after.stop();
});
