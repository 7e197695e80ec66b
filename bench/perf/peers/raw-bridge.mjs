/** The raw floor for HTTP to stdio: sockets before one child, heads found and not read. `--era E`; writes its port to stdout. */
import { spawn } from 'node:child_process';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { announce, options } from './options.mjs';

const script = fileURLToPath(new URL('echo-stdio.mjs', import.meta.url));
const child = spawn(process.execPath, [script, '--era', options().get('era')], { stdio: ['pipe', 'pipe', 'inherit'] });
const waiting = new Map();
const ID = /"id":(\d+)/;
const HEAD_END = Buffer.from('\r\n\r\n');

let rest = Buffer.alloc(0);
child.stdout.on('data', (chunk) => {
  let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
    const line = bytes.subarray(0, end);
    bytes = bytes.subarray(end + 1);
    const [, id] = ID.exec(line.latin1Slice(0, 100));
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${line.length}\r\n\r\n`;
    const socket = waiting.get(id);
    waiting.delete(id);
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(line);
    socket.uncork();
  }
  rest = bytes;
});

/** The load sends one request at a time on a connection, each with a length. */
announce(
  net.createServer({ noDelay: true }, (socket) => {
    let held = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const from = held.indexOf(HEAD_END) + HEAD_END.length;
      if (from < HEAD_END.length) return;
      const [, length] = /\r\ncontent-length: (\d+)/i.exec(held.latin1Slice(0, from));
      if (held.length < from + Number(length)) return;
      const body = held.subarray(from);
      waiting.set(ID.exec(body.latin1Slice(0, 100))[1], socket);
      child.stdin.write(Buffer.concat([body, Buffer.from('\n')]));
      held = Buffer.alloc(0);
    });
    socket.on('error', () => socket.destroy());
  }),
);
