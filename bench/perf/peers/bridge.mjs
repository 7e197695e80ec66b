/** The floor for HTTP to stdio: one child behind HTTP, answers found by their id. `--era E`; writes its port to stdout. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { announce, options } from './options.mjs';

const script = fileURLToPath(new URL('echo-stdio.mjs', import.meta.url));
const child = spawn(process.execPath, [script, '--era', options().get('era')], { stdio: ['pipe', 'pipe', 'inherit'] });
const waiting = new Map();
const ID = /"id":(\d+)/;

/** Pieces of the line that is not complete yet. */
let pieces = [];
child.stdout.on('data', (chunk) => {
  let from = 0;
  for (let end = chunk.indexOf(10, from); end >= 0; end = chunk.indexOf(10, from)) {
    const part = chunk.subarray(from, end);
    from = end + 1;
    const line = pieces.length === 0 ? part : Buffer.concat([...pieces, part]);
    pieces = [];
    const id = ID.exec(line.latin1Slice(0, 100))[1];
    const response = waiting.get(id);
    waiting.delete(id);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': line.length });
    response.end(line);
  }
  if (from < chunk.length) pieces.push(chunk.subarray(from));
});

announce(
  createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)).toString();
      waiting.set(ID.exec(body)[1], response);
      child.stdin.write(`${body}\n`);
    });
  }),
);
