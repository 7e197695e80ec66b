/**
 * The bridge of a sandbox with named hosts. It runs inside: listens on its loopback address, and hands connections on to the socket of
 * the gateway's proxy. Its arguments are that socket and either a descriptor that listens already, or a port and the server, which it
 * starts and whose end is its own. It is handed over as a text, so that no file of the gateway is inside. Kept free of other imports.
 */
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { constants } from 'node:os';
import process from 'node:process';

const [, socket = '', where = '', command, ...args] = process.argv;

// The server gets these signals too, and decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);

const server = createServer({ allowHalfOpen: true }, (inside) => {
  const outside = connect({ path: socket, allowHalfOpen: true });
  const end = (): void => {
    inside.destroy();
    outside.destroy();
  };
  for (const one of [inside, outside]) one.on('error', end);
  inside.pipe(outside).pipe(inside);
});

server.once('error', (error) => {
  process.stderr.write(`The way to the hosts of this sandbox cannot be opened: ${error.message}\n`);
  process.exit(1);
});

if (command === undefined) server.listen({ fd: Number(where) });
else server.listen(Number(where), '127.0.0.1', () => start(command));

function start(program: string): void {
  const child = spawn(program, args, { stdio: 'inherit' });
  child.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(127);
  });
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
}
