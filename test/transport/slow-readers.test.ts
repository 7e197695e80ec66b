/** Output is never cut, and whoever reads no more, or closes the terminal, leaves nothing behind. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { auditRecords, type Home, linesOf, makeHome, servers } from '../support/home.ts';
import { fixturePath, main } from '../support/paths.ts';
import { assertGone, isAlive, processesOf, signalTo, start, until } from '../support/process.ts';
import { INITIALIZE, INITIALIZED } from '../support/rpc.ts';

const N = 3_000_000;
const { execPath: node } = process;
const home = (): Home => {
  const made = makeHome({
    servers: servers({ b: { command: node, args: [fixturePath('big')] } }),
    rules: { agents: { default: { allow: { servers: ['*'] } } } },
  });
  homes.push(made);
  return made;
};
const homes: Home[] = [];
afterEach(() => {
  for (const made of homes.splice(0)) made.remove();
});

/** Runs a command whose output is read only once `ready` holds. @returns how much there was, and its exit status */
async function readLate(of: Home, command: string, ready: () => boolean): Promise<{ bytes: number; status: number }> {
  const go = path.join(of.dir, 'go');
  const status = path.join(of.dir, 'status');
  const line = `mkfifo ${go}; { ${command}; echo $? > ${status}; } | { cat ${go}; wc -c; cat ${status}; }`;
  const running = start('bash', ['-c', line], { env: of.env, cwd: of.cwd });
  let out = '';
  running.child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  await until(ready, 'the reader may begin');
  writeFileSync(go, '');
  await running.exited;
  const [bytes = 0, code = -1] = out.trim().split(/\s+/).map(Number);
  return { bytes, status: code };
}

/** Whether the server did its work and has ended: nothing but its output keeps the gateway then. */
const isDone = (of: Home) => (): boolean =>
  auditRecords(of).some(({ phase, operation }) => phase === 'finished' && operation === 'execute_tool') &&
  !processesOf(of.dir).some((pid) => isAlive(pid) && processCommand(pid).includes('big.mjs'));

function processCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

describe('a reader that begins late', () => {
  it('gets all of what a command prints', async () => {
    const of = home();
    const command = `${node} ${main} tools call b big --args '{"n":${N}}'`;
    expect(await readLate(of, command, isDone(of))).toEqual({ bytes: N + 1, status: 0 });
  });

  it('gets the answers of a gateway over stdio whose stdin ended', async () => {
    const of = home();
    const input = path.join(of.dir, 'in');
    const call = {
      jsonrpc: '2.0',
      id: 2,
      method: 'tools/call',
      params: { name: 'execute_tool', arguments: { server: 'b', tool: 'big', args: { n: N } } },
    };
    writeFileSync(
      input,
      `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE('2025-11-25') })}\n${INITIALIZED}\n${JSON.stringify(call)}\n`,
    );
    const { bytes, status } = await readLate(of, `${node} ${main} < ${input}`, isDone(of));
    expect(bytes).toBeGreaterThan(N);
    expect(status).toBe(0);
  });
});

it('the demo leaves nothing behind a reader that has had enough', async () => {
  const of = home();
  const env = { ...of.env, TMPDIR: of.cwd };
  const running = start('bash', ['-c', `${node} ${main} demo | head -n 1; echo "\${PIPESTATUS[0]}"`], {
    env,
    cwd: of.cwd,
  });
  let out = '';
  running.child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  await running.exited;
  expect(out).toMatch(/^One gateway.*\n0\n$/);
  expect(running.stderr()).not.toMatch(/^\s+at /m);
  await assertGone(of.dir);
  expect(readdirSync(of.cwd)).toEqual([]);
});

describe('a terminal', () => {
  /** `script` is the terminal: it ends with it. */
  const inTerminal = (of: Home, command: string) =>
    start('script', ['-qefc', command, '/dev/null'], {
      env: { ...of.env, TERM: 'xterm', SHELL: '/bin/sh' },
      cwd: of.cwd,
    });
  const serving = `exec ${node} ${main} serve --transport http --port 0`;
  const pidOf = (of: Home): number | undefined =>
    processesOf(of.dir).find((pid) => /dist\/main\.js\0serve/.test(processCommand(pid)));

  it('that is closed ends the gateway that was started in it, with its servers', async () => {
    const of = home();
    const terminal = inTerminal(of, serving);
    let seen = '';
    terminal.child.stdout?.on('data', (chunk) => {
      seen += chunk;
    });
    await until(() => seen.includes('server connected'), 'the gateway runs');
    terminal.child.kill('SIGKILL');
    await terminal.exited;
    await assertGone(of.dir);
  });

  it.each(['serve --transport http --port 0', 'serve', 'tools list', 'demo'])(
    'that is closed ends %s without a stack trace',
    async (args) => {
      const of = home();
      const said = path.join(of.dir, 'said');
      const terminal = inTerminal(of, `exec ${node} ${main} ${args} 2>${said}`);
      let seen = '';
      terminal.child.stdout?.on('data', (chunk) => {
        seen += chunk;
      });
      await until(() => seen.length > 0 || linesOf(said).length > 0, 'it says something');
      terminal.child.kill('SIGKILL');
      await assertGone(of.dir);
      expect(linesOf(said).filter((line) => /^\s+at |Error/.test(line))).toEqual([]);
    },
  );

  it('that lives lets SIGHUP reload', async () => {
    const of = home();
    const terminal = inTerminal(of, serving);
    let seen = '';
    terminal.child.stdout?.on('data', (chunk) => {
      seen += chunk;
    });
    await until(() => seen.includes('server connected'), 'the gateway runs');
    signalTo(pidOf(of), 'SIGHUP');
    await until(() => seen.includes('nothing changed'), 'it was reloaded');
    signalTo(pidOf(of), 'SIGTERM');
    await terminal.exited;
    await assertGone(of.dir);
  });

  it.each([
    ['Ctrl-C is pressed', '\u0003'],
    ['Ctrl-C is pressed twice', '\u0003\u0003'],
  ])('in which %s sees the status 130, and nothing stays', async (_what, keys) => {
    const of = home();
    const terminal = inTerminal(of, serving);
    let seen = '';
    terminal.child.stdout?.on('data', (chunk) => {
      seen += chunk;
    });
    await until(() => seen.includes('server connected'), 'the gateway runs');
    terminal.child.stdin?.write(keys);
    expect((await terminal.exited).code).toBe(130);
    expect(seen).not.toMatch(/^\s+at /m);
    await assertGone(of.dir);
  });
});
