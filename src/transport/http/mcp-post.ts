/** One POST to an MCP endpoint, and the small things that both eras need of it. */
import type { IncomingMessage } from 'node:http';
import type { McpResponse } from '../../mcp/response.ts';
import type { Connection } from '../../pipeline/caller.ts';
import { type Receiver, sendJson } from './mcp-reply.ts';

export interface Post extends Receiver {
  readonly request: IncomingMessage;
  readonly connection: Connection;
  /** The server that the path names; undefined for `/mcp`. */
  readonly server: string | undefined;
}

export function send(post: Pick<Post, 'response' | 'headers'>, answer: McpResponse): void {
  sendJson(post.response, answer, post.headers);
}

export function acknowledge({ response, headers }: Post): void {
  response.writeHead(202, headers).end();
}

/** The first value of a header. */
export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
