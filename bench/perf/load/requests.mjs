/** The HTTP requests of the load generator, as bytes, and what their answers must be. */
import { filled } from '../peers/echo-tools.mjs';
import { MARK } from './caller.mjs';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'load', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** Text of a call's argument: the number of the request, filled up to 64 bytes at most. */
function argument(size) {
  return filled(MARK, Math.min(size, 64));
}

/**
 * @param {object} target
 * @param {string} target.url
 * @param {'legacy' | 'modern'} target.era
 * @param {string} [target.token]
 * @param {string} [target.session]
 * @param {string} method
 * @param {object} params
 * @param {string} id JSON text
 */
export function requestOf({ url, era, token, session }, method, params, id) {
  const { host, pathname } = new URL(url);
  const meta = era === 'modern' ? { _meta: META } : {};
  const idMember = id === undefined ? '' : `"id":${id},`;
  const body = `{"jsonrpc":"2.0",${idMember}"method":"${method}","params":${JSON.stringify({ ...params, ...meta })}}`;
  const lines = [
    `POST ${pathname} HTTP/1.1`,
    `Host: ${host}`,
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(session === undefined ? [] : [`Mcp-Session-Id: ${session}`]),
    ...(method === 'initialize' ? [] : [`MCP-Protocol-Version: ${era === 'modern' ? '2026-07-28' : '2025-11-25'}`]),
    ...(era === 'modern' ? [`Mcp-Method: ${method}`] : []),
    ...(era === 'modern' && params.name !== undefined ? [`Mcp-Name: ${params.name}`] : []),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** Params of a call of the echo tool: as it is, under its exposed name, or through execute_tool. */
export function callParams({ mode, server, agent, size }) {
  const args = { text: argument(size), ...(size > 64 ? { size } : {}) };
  if (mode === 'plain') return { name: 'echo', arguments: args };
  if (mode === 'direct') return { name: `${server}__echo`, arguments: args };
  return { name: 'execute_tool', arguments: { agent_id: agent, server, tool: 'echo', args } };
}

/** What is wrong with an answer to `callParams`; undefined where nothing is. */
export function checkAnswer(size) {
  return (text, mark) => {
    const data = /^data: ?(\{.*\})$/m.exec(text);
    const message = JSON.parse(data === null ? text : data[1]);
    if (String(message.id) !== mark) return `id ${message.id} instead of ${mark}`;
    const content = message.result?.content;
    const wanted = filled(argument(size).replace(MARK, mark), size);
    if (content?.length !== 1 || content[0].text !== wanted) return 'not the text that was asked for';
    return undefined;
  };
}
