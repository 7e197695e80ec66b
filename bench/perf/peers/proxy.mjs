/** The floor for HTTP to HTTP: a reverse proxy that looks at nothing. `--to URL`; writes its port to stdout. */
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { announce, options } from './options.mjs';

const to = new URL(options().get('to'));
const pool = new Pool(to.origin, { connections: 128, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
/** Headers of one hop (RFC 9110 section 7.6.1). */
const HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host']);

announce(
  createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const headers = [];
      const { rawHeaders } = request;
      for (let at = 0; at < rawHeaders.length; at += 2) {
        if (!HOP.has(rawHeaders[at].toLowerCase())) headers.push(rawHeaders[at], rawHeaders[at + 1]);
      }
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      pool.dispatch(
        { path: to.pathname, method: request.method, headers, body },
        {
          onRequestStart: () => {},
          onResponseStart: (_controller, status, answered) => {
            delete answered.connection;
            delete answered['keep-alive'];
            response.writeHead(status, answered);
          },
          onResponseData: (controller, chunk) => {
            if (response.write(chunk)) return;
            controller.pause();
            response.once('drain', () => controller.resume());
          },
          onResponseEnd: () => response.end(),
          onResponseError: () => response.destroy(),
        },
      );
    });
  }),
);
