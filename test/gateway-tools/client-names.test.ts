/** What depends on who the client says that it is: one that shows text and structured content gets a value once. */
import { expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { servers } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { INITIALIZE, MODERN, type Rpc } from '../support/rpc.ts';
import { callTool, dataOf, type ToolResult } from '../support/tools.ts';

const SETUP = {
  servers: servers({ results: fixture('results') }),
  rules: { agents: { default: { allow: { servers: ['*'] } } } },
};

const CALLS: readonly (readonly [string, object])[] = [
  ['list_servers', {}],
  ['execute_tool', { server: 'results', tool: 'list_items', args: {}, select: 'items[:2].id' }],
  ['execute_tool', { server: 'results', tool: 'list_items', args: {}, select: 'length(items)' }],
];

/** The results of those calls, for a client that calls itself `name`. */
async function resultsFor(rpc: Rpc, name: unknown): Promise<ToolResult[]> {
  const isModern = rpc.revision === MODERN;
  const meta = isModern ? { 'io.modelcontextprotocol/clientInfo': { name, version: '1' } } : {};
  if (!isModern) await introduced(rpc, name);
  const results: ToolResult[] = [];
  for (const [tool, args] of CALLS) results.push(await callTool(rpc, tool, args, { meta }));
  return results;
}

async function introduced(rpc: Rpc, name: unknown): Promise<void> {
  const params = { ...INITIALIZE(rpc.revision), clientInfo: { name, version: '1' } };
  expect((await rpc.call('initialize', params)).message.error).toBeUndefined();
}

it.each(['2025-06-18', '2025-11-25', MODERN])('a client of %s', async (revision) => {
  const { rpc, stop } = await serveStdio(SETUP, revision);
  for (const name of ['copilot-cli', 'github-copilot-developer', 'qwen-cli-mcp-client-gateway'])
    for (const result of await resultsFor(rpc, name)) expect(result).not.toHaveProperty('structuredContent');
  for (const name of ['gemini-cli-mcp-client', 'claude-code', 'my-copilot-cli', '', 7, null])
    for (const result of await resultsFor(rpc, name))
      expect(result.structuredContent, String(name)).toEqual({ result: dataOf(result) });
  await stop();
});
