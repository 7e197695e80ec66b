import { expect, it } from 'vitest';
import type { Snapshot } from '../../config/snapshot.ts';
import { scanObject } from '../../protocol/scan.ts';
import { silentClient } from '../../relay/calling-client.ts';
import type { GatewayTool, Invocation, ToolContext } from '../operation.ts';
import { createResultStore } from '../results/result-store.ts';
import { gatewayTools } from './gateway-tools.ts';
import { readArguments } from './read-arguments.ts';

const tools = gatewayTools({ debug: true });

function toolNamed(name: string): GatewayTool {
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined) throw new Error(`there is no ${name}`);
  return tool;
}

/** The tool with these arguments, as the pipeline reads it. */
function read(name: string, args: object): Invocation {
  const tool = toolNamed(name);
  const { properties } = tool.definition['inputSchema'] as { readonly properties: object };
  const text = JSON.stringify(args);
  const object = scanObject(text, { args: {} }, { maxDepth: 64, uniqueKeys: true });
  return tool.read(readArguments(name, Object.keys(properties), text, object));
}

const SNAPSHOT = {
  servers: new Map([
    ['secret', { description: 'Secret things', link: { transport: 'stdio', command: 'x' } }],
    ['web', { description: 'The web', link: { transport: 'http', url: 'https://user:pass@host/mcp?key=1' } }],
    ['files', { description: undefined, link: { transport: 'stdio', command: 'files', args: ['--token=1'] } }],
  ]),
  broken: new Map([['old', { description: 'Old things' }]]),
} as unknown as Snapshot;

/** A call of somebody who may use everything but the server `secret`. */
function contextWith(more: object = {}): ToolContext {
  const context = {
    snapshot: SNAPSHOT,
    decide: (server: string) => ({ allowed: server !== 'secret' }),
    relay: { client: silentClient('modern'), ownerAndAgent: 'me', owner: 'me' },
    ...more,
  };
  return context as unknown as ToolContext;
}

async function textOf(invocation: Invocation, context = contextWith()): Promise<string> {
  const answer = await invocation.run(context, undefined);
  if (answer.kind === 'error') return answer.message;
  return JSON.parse(answer.body.text).content[0].text;
}

it('every argument that a tool takes is one that it declares, and others are refused', () => {
  for (const { name } of tools) {
    const takeUnknown = () => read(name, { arguments: {} });
    expect(takeUnknown).toThrow(`${name}: unknown argument "arguments"`);
  }
});

it('list_servers shows the servers that its caller may use, one that is broken without the reason', async () => {
  expect(JSON.parse(await textOf(read('list_servers', {})))).toEqual([
    { name: 'files', description: '' },
    { name: 'old', description: 'Old things (unavailable)' },
    { name: 'web', description: 'The web' },
  ]);
});

it('list_servers shows nothing of an address that may be secret', async () => {
  const text = await textOf(read('list_servers', { include_metadata: 'true' }));
  expect(JSON.parse(text)).toMatchObject([{ command: 'files' }, { name: 'old' }, { url: 'https://host/mcp' }]);
  expect(text).not.toMatch(/pass|key=1|token/);
});

it('execute_tool is the only one that executes, and is decided on the names in its arguments', () => {
  const execute = read('execute_tool', { server: 'files', tool: 'read', args: { path: 'a' }, agent_id: 'dev' });
  expect(execute).toMatchObject({ claimedAgent: 'dev', server: 'files', tool: 'read', executes: true });
  expect(JSON.stringify(execute.detail)).not.toContain('"a"');
  const others = [
    read('search_tools', { query: 'x' }),
    read('list_servers', {}),
    read('get_server_tools', { server: 'files' }),
    read('read_result', { handle: 'r_1' }),
    read('get_gateway_status', {}),
  ];
  expect(others.map(({ executes }) => executes)).toEqual(others.map(() => false));
});

it('get_server_tools is decided on its server, not on the tools that it names', () => {
  const named = read('get_server_tools', { server: 'files', names: 'read,write' });
  expect(named).toMatchObject({ server: 'files', tool: undefined });
  expect(() => read('get_server_tools', {})).toThrow('server is required');
});

it('read_result is decided like the call that it came from, and finds nothing of somebody else', async () => {
  const results = createResultStore({ now: () => 0 });
  const found = { server: 'files', tool: 'read' };
  const { locate, run } = read('read_result', { handle: 'r_unknown' });
  const finding = { find: async (_handle: string, owner: string) => (owner === 'me' ? found : undefined) };
  expect(await locate?.(contextWith({ results: finding }))).toEqual({ server: 'files', name: 'read' });
  const stranger = { client: silentClient('modern'), owner: 'you', principal: 'you' };
  expect(await locate?.(contextWith({ results: finding, relay: stranger }))).toBeUndefined();
  const answer = await run(contextWith({ results }), undefined);
  expect(JSON.stringify(answer)).toContain('UNKNOWN_HANDLE');
});

it('get_gateway_status is there with --debug alone', () => {
  expect(gatewayTools({ debug: false }).map(({ name }) => name)).not.toContain('get_gateway_status');
});
