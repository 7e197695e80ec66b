/** A collector of OpenTelemetry that reads what it is sent and keeps nothing; writes its port to stdout. */
import { createServer } from 'node:http';
import { announce } from './options.mjs';

announce(
  createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
  }),
);
