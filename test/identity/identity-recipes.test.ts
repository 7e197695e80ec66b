/** The files of docs/recipes work as they are. */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { auditRecords, makeHome, servers } from '../support/home.ts';
import { fixture, root } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { callTool, errorOf, listServers } from '../support/tools.ts';

const recipe = path.join(root, 'docs/recipes/claude-code-per-agent');
const agentsOf = (directory: string): string => path.join(directory, '.claude/agents');

/** The server entry in the front matter of a subagent. */
function entryOf(file: string): { name: string; command: string; args: string[] } {
  const [, head = ''] = /^---\n([\s\S]*?)\n---\n/.exec(readFileSync(file, 'utf8')) ?? [];
  const find = (pattern: RegExp): string => pattern.exec(head)?.[1] ?? '';
  expect(find(/^ {6}type: (.*)$/m)).toBe('stdio');
  return {
    name: find(/^ {2}- (.*):$/m),
    command: JSON.parse(find(/^ {6}command: (.*)$/m)) as string,
    args: JSON.parse(find(/^ {6}args: (.*)$/m)) as string[],
  };
}

it('connect writes the files of the recipe', async () => {
  const home = makeHome();
  cpSync(path.join(recipe, '.mcp-gateway-rules.json'), home.rules);
  const { code } = await runCli(['connect', 'claude-code', '--per-agent'], { env: home.env, cwd: home.cwd });
  expect(code).toBe(0);
  const written = readdirSync(agentsOf(home.cwd)).sort();
  expect(written).toEqual(readdirSync(agentsOf(recipe)).sort());
  for (const file of written) {
    const text = readFileSync(path.join(agentsOf(home.cwd), file), 'utf8');
    expect(text).toBe(readFileSync(path.join(agentsOf(recipe), file), 'utf8'));
  }
  home.remove();
});

it.each(['researcher', 'developer'])('the entry of %s is that agent and no other', async (agent) => {
  const entry = entryOf(path.join(agentsOf(recipe), `${agent}.md`));
  expect(entry).toMatchObject({ name: `gateway-${agent}`, command: 'agent-mcp-gateway' });
  const { rpc, home, stop } = await serveStdio({
    servers: servers({ memory: fixture('calc'), files: fixture('calc') }),
    rules: readFileSync(path.join(recipe, '.mcp-gateway-rules.json'), 'utf8'),
    args: entry.args,
    env: { GATEWAY_INIT_STRATEGY: 'lazy' },
  });
  expect(await listServers(rpc)).toEqual(agent === 'researcher' ? ['memory'] : ['files', 'memory']);
  const other = agent === 'researcher' ? 'developer' : 'researcher';
  expect(errorOf(await callTool(rpc, 'list_servers', { agent_id: other })).code).toBe('INVALID_AGENT_ID');
  expect(auditRecords(home)[0]).toMatchObject({ agent_id: agent, assurance: 'launch' });
  await stop();
});
