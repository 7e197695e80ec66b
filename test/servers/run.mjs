/** All servers of list.mjs behind one gateway: listed, searched, called, and called so that they fail. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { openGateway } from './gateway.mjs';
import { startServers } from './programs.mjs';

/** @returns what was found out about each server; `problems` is empty where all is well. */
export async function runServers() {
  const home = mkdtempSync(path.join(tmpdir(), 'gateway-servers-'));
  const folders = path.join(home, 'servers');
  mkdirSync(folders);
  const { servers, stop } = await startServers(folders);
  const gateway = await openGateway(servers);
  try {
    // One after another: a small machine starts a few programs at a time.
    const found = [];
    for (const server of servers) found.push(await tryOut(gateway, server));
    const revisions = new Map(gateway.status().map(({ name, revision }) => [name, revision]));
    return found.map((one) => ({ ...one, revision: revisions.get(one.key) }));
  } finally {
    await gateway.stop();
    stop();
    rmSync(home, { recursive: true, force: true });
  }
}

const textOf = ({ content = [] }) => content.map(({ text = '' }) => text).join('\n');

async function tryOut(gateway, server) {
  const { key, name, version, from, what, transport, call, fails } = server;
  const problems = [];
  const use = (tool, args) => gateway.request('tools/call', { name: tool, arguments: args });
  const execute = ({ tool, args }) => use('execute_tool', { server: key, tool, args });
  const must = (holds, said) => {
    if (!holds) problems.push(said.slice(0, 400));
  };
  const listed = textOf(await use('get_server_tools', { server: key, detail: 'names' }));
  const tools = namesIn(listed);
  must(tools.length > 0, `lists no tools: ${listed}`);
  if (tools.length > 0) {
    const found = textOf(await use('search_tools', { query: tools[0].replaceAll(/[_-]/g, ' '), server: key }));
    must(found.includes(tools[0]), `${tools[0]} is not found: ${found}`);
  }
  if (call !== null) {
    const answer = await execute(call);
    must(answer.isError !== true && textOf(answer).includes(call.says), `${call.tool} answers: ${textOf(answer)}`);
  }
  if (fails !== null) {
    const answer = await execute(fails);
    const isTold = answer.isError === true && textOf(answer).includes(fails.says ?? '');
    must(isTold, `${fails.tool} does not fail as it should: ${textOf(answer)}`);
  }
  const seen = call !== null ? 'listed, searched, called' : 'listed, searched';
  const result = problems.length > 0 ? 'fails' : fails === null ? seen : `${seen}, failed as it should`;
  process.stderr.write(`${name} ${version} ${transport}: ${tools.length} tools, ${problems.join('; ') || result}\n`);
  return { key, name, version, from, what, transport, tools: tools.length, result, problems };
}

/** Names of tools in an answer of get_server_tools. */
function namesIn(text) {
  try {
    const { tools = [] } = JSON.parse(text);
    return tools.map((tool) => (typeof tool === 'string' ? tool : tool.name));
  } catch {
    return [];
  }
}
