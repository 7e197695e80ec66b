import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ask, type ControlLine } from './control-client.ts';

it('takes what a gateway said before it ended, and its end for no failure', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'control-'));
  const path = join(dir, '1.sock');
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.push(socket);
    socket.write('{"done":true}\n');
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });
  const lines: ControlLine[] = [];
  const asked = ask(path, { do: 'status' }, (line) => {
    lines.push(line);
    // Nobody reads any more what was asked: this end sees a connection that is reset.
    for (const socket of sockets) socket.destroy();
  });
  expect(await asked).toBe(true);
  expect(lines).toEqual([{ done: true }]);
});

it('removes what is left of a gateway that is gone', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'control-')), '1.sock');
  expect(await ask(path, { do: 'status' }, () => undefined)).toBe(false);
});
