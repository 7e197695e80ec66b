/** What callers are told to do next is what they can do in their view: not all have the gateway's own tools. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, launch, serveHttp } from '../support/gateway.ts';
import { fileText, type Home, makeHome, servers } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import type { Rpc } from '../support/rpc.ts';
import { attach } from '../support/stdio.ts';
import { errorOf, resultOf, type ToolResult } from '../support/tools.ts';
import { DIRECT, DISCOVERY, SINGLE, type View, viewRules } from '../support/views.ts';

const FAULTY = { command: 'node', env: { TOKEN: '$' + '{NO_SUCH_VARIABLE_HERE}' } };
const RULES = viewRules({ tools: { calc: ['reject'] } });

let gateway: HttpGateway;
let home: Home;
beforeAll(async () => {
  home = makeHome({ rules: RULES });
  const slow = { ...fixture('slow'), timeout_ms: 1_500 };
  writeFileSync(home.servers, fileText(servers({ calc: fixture('calc'), slow, github: FAULTY })));
  gateway = await serveHttp({ home });
});
afterAll(() => gateway.stop());

const open = (view: View, server: string): Promise<Rpc> =>
  openHttp(`${gateway.origin}${view.path(server)}`, '2026-07-28', { token: view.token });

async function told(
  view: View,
  server: string,
  tool: string,
  args?: object,
): Promise<{ code: string; message: string }> {
  const { message } = await (await open(view, server)).call('tools/call', view.call(server, tool, args));
  if (message.error !== undefined) return { code: String(message.error.code), message: message.error.message };
  return errorOf(message.result as unknown as ToolResult);
}

describe.each([
  [
    DISCOVERY,
    {
      near: "'add'? Call get_server_tools to see its tools.",
      denied: 'list_servers and get_server_tools show what it may use.',
      nobody: 'Call list_servers to see which servers there are.',
      longer: 'Ask for a longer timeout_ms if the work needs it.',
    },
  ],
  [
    DIRECT,
    {
      near: "'calc__add'? tools/list shows the tools that there are.",
      denied: 'tools/list shows what it may use.',
      nobody: 'The lists of tools, prompts and resources show what there is.',
      longer: 'Whoever runs the gateway can allow it longer: "timeout_ms" in the entry of the server.',
    },
  ],
  [
    SINGLE,
    {
      near: "'add'? tools/list shows the tools that there are.",
      denied: 'tools/list shows what it may use.',
      nobody: 'Whoever runs the gateway has to look at the name of the server and at its entry.',
      longer: 'Whoever runs the gateway can allow it longer: "timeout_ms" in the entry of the server.',
    },
  ],
] as const)('in the $name view', (view, { near, denied, nobody, longer }) => {
  it('a tool that is not there', async () => {
    expect(await told(view, 'calc', 'ad')).toEqual({
      code: 'TOOL_NOT_FOUND',
      message: `Server 'calc' has no tool 'ad'. Did you mean ${near}`,
    });
  });

  it('a tool that is denied', async () => {
    const agent = view === DIRECT ? 'direct' : 'default';
    expect(await told(view, 'calc', 'reject')).toEqual({
      code: 'DENIED_BY_POLICY',
      message: `Agent '${agent}' may not use tool 'reject' of server 'calc': ${denied}`,
    });
  });

  it('a server that is not there', async () => {
    expect(await told(view, 'nothere', 'x')).toEqual({
      code: 'SERVER_UNAVAILABLE',
      message: `Server 'nothere' is not available. ${nobody}`,
    });
  });

  it('a server whose entry is faulty', async () => {
    expect(await told(view, 'github', 'x')).toEqual({
      code: 'SERVER_UNAVAILABLE',
      message:
        "Server 'github' is not available: whoever runs the gateway has to look at its entry, " +
        'and "agent-mcp-gateway validate" says what is wrong there.',
    });
  });

  it('a call that took too long', async () => {
    const { code, message } = await told(view, 'slow', 'wait', { key: view.name });
    expect([code, message]).toEqual(['TIMEOUT', expect.stringContaining(` check before you repeat it. ${longer}`)]);
  });
});

it('a name that is nobody’s, where every tool has one', async () => {
  const answer = await (await open(DIRECT, '')).call('tools/call', { name: 'nothing', arguments: {} });
  expect(errorOf(resultOf(answer))).toEqual({
    code: 'TOOL_NOT_FOUND',
    message: 'There is nothing of this name that you may use. tools/list shows the tools that there are.',
  });
});

it('a result that is kept no more, or never was', async () => {
  const rpc = await open(DISCOVERY, '');
  const answer = await rpc.call('tools/call', { name: 'read_result', arguments: { handle: 'r_unknown' } });
  expect(errorOf(resultOf(answer))).toEqual({
    code: 'UNKNOWN_HANDLE',
    message:
      'There is no result under this handle any more. If you need the rest, call its tool again, where that may safely be done twice.',
  });
});

it('a client that is started for a server that is not there', async () => {
  const { running } = launch(['--server', 'calk'], { home });
  const rpc = attach(running.child, '2025-11-25');
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
  const { message } = await rpc.call('initialize', params);
  expect(message.error?.message).toBe(
    "Server 'calk' is not available. Did you mean 'calc'? Whoever runs the gateway has to look at the name of the server and at its entry.",
  );
  running.child.stdin?.end();
  await running.exited;
});

it('an agent that has no name, where calls have no agent_id', async () => {
  const rules = { agents: { direct: { allow: { servers: ['*'] } } }, defaults: { deny_on_missing_agent: true } };
  const other = makeHome({ rules, servers: servers({ calc: fixture('calc') }) });
  const { running } = launch(['--expose', 'direct'], { home: other });
  const rpc = attach(running.child, '2026-07-28');
  const answer = await rpc.call('tools/call', { name: 'calc__add', arguments: { a: 1, b: 2 } });
  expect(errorOf(resultOf(answer)).message).toBe(
    'This gateway needs agent_id with every call: connect as an agent of its own (--agent, or the default of its principal).',
  );
  running.child.stdin?.end();
  await running.exited;
  other.remove();
});
