/** What agents are told at the start, and what they spent. */
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, it } from 'vitest';
import { launch, serveStdio } from '../support/gateway.ts';
import { servers } from '../support/home.ts';
import { fixture, npmServer } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { INITIALIZE } from '../support/rpc.ts';
import { callTool, dataOf } from '../support/tools.ts';

const many = Array.from({ length: 60 }, (_, at) => [
  `many-${at}`,
  { url: 'http://127.0.0.1:9/mcp', description: `${'A long description of what it does. '.repeat(5)}` },
]);
const SETUP = {
  servers: servers({
    memory: { ...npmServer('memory'), description: 'Remembers facts.' },
    secret: { ...fixture('calc'), description: 'Nobody sees this.' },
    ...Object.fromEntries(many),
  }),
  rules: {
    agents: {
      clerk: { allow: { servers: ['memory'] } },
      boss: { allow: { servers: ['memory', 'many-*'] } },
    },
  },
};

async function instructions(args: readonly string[], revision: string): Promise<string | undefined> {
  const { rpc, stop } = await serveStdio({ ...SETUP, args: ['--init-strategy', 'lazy', ...args] }, revision);
  const { message } =
    revision === '2026-07-28' ? await rpc.call('server/discover') : await rpc.call('initialize', INITIALIZE(revision));
  await stop();
  return message.result?.['instructions'] as string | undefined;
}

it.each(['2025-11-25', '2026-07-28'])(
  '%s: an agent that is certain is told its servers and the way',
  async (revision) => {
    const told = await instructions(['--agent', 'clerk'], revision);
    expect(told).toContain('- memory: Remembers facts.');
    expect(told).toMatch(/search_tools.*execute_tool/);
    expect(told).not.toContain('secret');
    const anybody = await instructions([], revision);
    expect(anybody).toMatch(/search_tools.*execute_tool/);
    expect(anybody).not.toContain('memory');
  },
);

it('says so in at most 300 tokens, however many servers there are', async () => {
  const told = (await instructions(['--agent', 'boss'], '2025-11-25')) ?? '';
  expect(encode(told).length).toBeLessThanOrEqual(300);
  expect(told).toMatch(/\n- \d+ more: list_servers$/);
});

it('accounts for what agents spend, in the status, the metrics and the stats', async () => {
  const { rpc, home, stop } = await serveStdio({ ...SETUP, args: ['--agent', 'clerk', '--debug'] });
  await callTool(rpc, 'search_tools', { query: 'read the graph' });
  await callTool(rpc, 'execute_tool', { server: 'memory', tool: 'read_graph', args: {} });
  const status = dataOf(await callTool(rpc, 'get_gateway_status')) as { tokens: Record<string, unknown>[] };
  expect(status.tokens.map(({ agent }) => agent)).toEqual(['clerk', 'boss']);
  expect(status.tokens[0]).toMatchObject({ calls: 2, direct_tools: 9 });
  for (const key of ['tools_list', 'definitions', 'results', 'direct']) {
    expect(status.tokens[0]?.[key], key).toBeGreaterThan(0);
  }
  expect(status.tokens[1]).toMatchObject({ calls: 0, definitions: 0 });

  const { running } = launch(['stats', '--json'], { home });
  let printed = '';
  running.child.stdout?.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  expect((await running.exited).code).toBe(0);
  expect(JSON.parse(printed)).toMatchObject([{ stats: [{ agent: 'clerk', calls: 2 }, { agent: 'boss' }] }]);
  // By its records, which outlive it.
  const past = await runCli(['stats', '--since', '1h', '--json'], { env: home.env, cwd: home.cwd });
  const { definitions, results } = status.tokens[0] ?? {};
  expect(JSON.parse(past.stdout)).toEqual([{ agent: 'clerk', calls: 2, definitions, results }]);
  await stop();
});
