import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { SHELL, WAIT } from './guardian-wait.ts';

/** What the program is told that is started when the gateway has ended. */
async function told(input: string, program = [process.execPath, '--eval', 'process.stdin.pipe(process.stdout)']) {
  const child = spawn(SHELL, ['-c', WAIT, 'guardian', ...program], { stdio: ['pipe', 'pipe', 'inherit'], env: {} });
  child.stdin.end(input);
  return text(child.stdout);
}

it.each([
  ['those that are left', 'id\n+12\n+3\n+123\n-12\n', 'id\n+3\n+123\n'],
  ['one that was started twice', 'id\n+12\n-12\n+12\n', 'id\n+12\n'],
  ['only whole lines', 'id\n+12\n+34', 'id\n+12\n'],
  ['nothing where nothing is left', 'id\n+12\n+3\n-3\n-12\n', ''],
  ['nothing where nothing was started', 'id\n', ''],
  ['nothing without a gateway', '', ''],
  ['containers by their names', 'id\n+12\n+amgp-a.1\n+amgp-a.11\n-amgp-a.1\n-12\n', 'id\n+amgp-a.11\n'],
  ['nobody whose group is that of others', 'id\n+1\n+0\n+11\n', 'id\n+11\n'],
])('hands on %s', async (_what, input, expected) => {
  expect(await told(input)).toBe(expected);
});

it('ends a group itself where the program is gone', async () => {
  const server = spawn(SHELL, ['-c', 'while :; do sleep 1; done'], { detached: true, stdio: 'ignore' });
  const ended = new Promise((resolve) => server.once('exit', (_code, signal) => resolve(signal)));
  expect(await told(`id\n+${server.pid}\n`, ['/nowhere/node'])).toBe('');
  expect(await ended).toBe('SIGTERM');
});
