/** Commands that start servers say of each what became of it at once, whatever the others do, and sum it up at the end. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { makeHome, servers } from '../support/home.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { startGateway } from '../support/process.ts';

it.each([
  ['tools list', /^quick\tadd/m, '3 servers: 2 listed, 1 failed.'],
  ['doctor', /^quick: ok\n/m, '3 servers: 2 ok, 1 does not work.'],
  ['warm', /^quick: ready/m, '3 servers: 2 ready, 1 failed.'],
])('%s', async (command, line, summary) => {
  const home = makeHome();
  const released = path.join(home.dir, 'released');
  const wait = `while [ ! -e '${released}' ]; do sleep 0.05; done; exec '${process.execPath}' '${fixturePath('calc')}'`;
  const entries = {
    slow: { command: 'sh', args: ['-c', wait], start_timeout_ms: 60_000 },
    quick: fixture('calc'),
    gone: { command: '/nonexistent/server' },
  };
  writeFileSync(home.servers, JSON.stringify(servers(entries)));
  writeFileSync(home.rules, JSON.stringify({ agents: { default: { allow: { servers: ['*'] } } } }));
  const running = startGateway(command.split(' '), { env: home.env, cwd: home.cwd });
  let stdout = '';
  const isThere = new Promise<void>((resolve) => {
    running.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      if (line.test(stdout)) resolve();
    });
  });
  await Promise.race([isThere, running.exited]);
  expect(stdout).toMatch(line);
  expect(stdout).not.toMatch(/^slow/m);
  writeFileSync(released, '');
  const { code } = await running.exited;
  expect(code).toBe(4);
  expect(stdout).toMatch(/^slow/m);
  expect(running.stderr().trimEnd().split('\n').at(-1)).toBe(summary);
  home.remove();
});
