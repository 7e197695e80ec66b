/**
 * For comparison: a gateway of the same function as it is usually built, with the official SDK on both sides and its HTTP adapters.
 * Token, policy of 50 patterns, an audit line before and after each call. `--behind http|stdio --to URL --era E --token T
 * --rules FILE --audit FILE`; writes its port to stdout.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createWriteStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { announce, options } from './options.mjs';

const given = options();
const era = given.get('era');
const { agents } = JSON.parse(readFileSync(given.get('rules'), 'utf8'));
const audit = createWriteStream(given.get('audit'), { flags: 'a' });
const tokenHash = sha256(`Bearer ${given.get('token')}`);

const pin = era === 'modern' ? { versionNegotiation: { mode: { pin: '2026-07-28' } } } : {};
const client = new Client({ name: 'sdk-gateway', version: '1' }, pin);
await client.connect(
  given.get('behind') === 'http'
    ? new StreamableHTTPClientTransport(new URL(given.get('to')))
    : new StdioClientTransport({
        command: process.execPath,
        args: [fileURLToPath(new URL('echo-stdio.mjs', import.meta.url)), '--era', era],
      }),
);
const { tools } = await client.listTools();

const handler = createMcpHandler(() => {
  const server = new McpServer({ name: 'sdk-gateway', version: '1' });
  server.registerTool('list_tools', { description: 'Lists the tools.' }, () => textResult(JSON.stringify(tools)));
  server.registerTool(
    'execute_tool',
    {
      description: "Calls a server's tool.",
      inputSchema: z.object({
        agent_id: z.string(),
        server: z.string(),
        tool: z.string(),
        args: z.record(z.string(), z.unknown()).optional(),
      }),
    },
    async ({ agent_id, server: name, tool, args }) => {
      if (!isAllowed(agents[agent_id], name, tool)) return { ...textResult('denied'), isError: true };
      record({ event: 'decided', agent: agent_id, server: name, tool });
      const result = await client.callTool({ name: tool, arguments: args ?? {} });
      record({ event: 'finished', agent: agent_id, server: name, tool });
      return result;
    },
  );
  return server;
});
const node = toNodeHandler(handler);

announce(
  createServer((request, response) => {
    if (timingSafeEqual(sha256(request.headers.authorization ?? ''), tokenHash)) void node(request, response);
    else response.writeHead(401).end();
  }),
);

/** As usual: patterns made to expressions once, and tried one after the other. */
function isAllowed(agent, server, tool) {
  if (agent === undefined) return false;
  const { allow, deny } = agent;
  if (deny.servers.some((pattern) => matches(pattern, server))) return false;
  if (!allow.servers.some((pattern) => matches(pattern, server))) return false;
  const named = (rules) =>
    Object.entries(rules).some(
      ([key, patterns]) => matches(key, server) && patterns.some((pattern) => matches(pattern, tool)),
    );
  return !named(deny.tools) && named(allow.tools);
}

const expressions = new Map();

function matches(pattern, text) {
  let expression = expressions.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`);
    expressions.set(pattern, expression);
  }
  return expression.test(text);
}

function record(fields) {
  audit.write(`${JSON.stringify({ time: new Date().toISOString(), ...fields })}\n`);
}

function sha256(text) {
  return createHash('sha256').update(text).digest();
}

function textResult(text) {
  return { content: [{ type: 'text', text }] };
}
