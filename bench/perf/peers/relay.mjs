/** The raw floor for HTTP to HTTP: bytes of one socket written to another, nothing read. `--to URL`; writes its port to stdout. */
import net from 'node:net';
import { announce, options } from './options.mjs';

const { hostname, port } = new URL(options().get('to'));

announce(
  net.createServer({ noDelay: true }, (near) => {
    const far = net.connect({ host: hostname, port: Number(port), noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  }),
);
