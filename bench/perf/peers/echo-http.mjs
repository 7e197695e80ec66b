/** The echo server over HTTP: nothing but node:http. `--era legacy|modern --tools N`; writes its port to stdout. */
import { createServer } from 'node:http';
import { createEcho } from './echo-tools.mjs';
import { announce, options } from './options.mjs';

const given = options();
const era = given.get('era') ?? 'modern';
const answer = createEcho({ era, tools: Number(given.get('tools') ?? 1) });
const headers = { 'content-type': 'application/json', ...(era === 'legacy' ? { 'mcp-session-id': 'echo' } : {}) };

announce(
  createServer((request, response) => {
    if (request.method !== 'POST') {
      response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const text = answer((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)).toString());
      if (text === undefined) response.writeHead(202).end();
      else {
        response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(text) });
        response.end(text);
      }
    });
  }),
);
