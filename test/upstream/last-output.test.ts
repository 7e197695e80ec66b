/** What a program wrote last is told to those alone whom it serves alone. */
import process from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import { type Gateway, type HttpGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { servers, sha256, TOKEN, withPrincipals } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixturePath } from '../support/paths.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';

const LEGACY = '2025-11-25';
const entry = (more: object = {}, ...args: string[]): object => ({
  command: process.execPath,
  args: [fixturePath('talkative'), ...args],
  ...more,
});
const tokenOf = (name: string): string => `${TOKEN}-${name}`;
const RULES = withPrincipals(
  { one: { allow: { servers: ['*'] } }, two: { allow: { servers: ['*'] } } },
  {
    principals: {
      ...Object.fromEntries(
        ['one', 'two'].map((name) => [
          name,
          { token_sha256: sha256(tokenOf(name)), may_assume: [name], default: name },
        ]),
      ),
      local: { stdio: true, may_assume: ['*'], default: 'one' },
    },
  },
);
const SETUP = {
  servers: servers({
    shared: entry({ sharing: 'shared' }),
    own: entry(),
    silent: entry({ start_timeout_ms: 1_000, sharing: 'shared' }, 'silent'),
  }),
  rules: RULES,
};

let gateway: Gateway;
afterEach(() => gateway.stop());

async function exec(rpc: Rpc, server: string, tool: string, args: object = {}): Promise<string> {
  return (await rpc.call('tools/call', { name: 'execute_tool', arguments: { server, tool, args } })).text;
}

describe.each(process.env['LONG'] === '1' ? [LEGACY, MODERN] : [MODERN])('%s', (revision) => {
  async function start(): Promise<{ one: Rpc; two: Rpc; started: HttpGateway }> {
    const started = await serveHttp(SETUP);
    gateway = started;
    const open = (name: string): Promise<Rpc> => openHttp(started.url, revision, { token: tokenOf(name) });
    return { one: await open('one'), two: await open('two'), started };
  }

  it('nothing of a program that principals share; the log has it', async () => {
    const { one, two, started } = await start();
    await exec(one, 'shared', 'query', { sql: 'payroll' });
    const said = await exec(two, 'shared', 'crash');
    expect(said).toContain('SERVER_UNAVAILABLE');
    expect(said).toContain('may have taken effect');
    expect(said).not.toMatch(/payroll|INFO|output/);
    expect((await started.running.waitForStderr(/server disconnected.*|.*payroll.*disconnected/))[0]).toBeDefined();
    expect(started.running.stderr()).toContain('payroll');
  });

  it('to a principal what its own program wrote, and to no other one', async () => {
    const { one, two } = await start();
    await exec(one, 'own', 'query', { sql: 'payroll' });
    await exec(two, 'own', 'query', { sql: 'lunch' });
    expect(await exec(one, 'own', 'crash')).toMatch(/Its last output: .*payroll/);
    const answers = await Promise.all(
      ['query', 'crash', 'none'].map((tool) => exec(two, 'own', tool, { sql: 'dinner' })),
    );
    for (const answer of answers) expect(answer).not.toContain('payroll');
  });

  it('nothing of a start that failed, while somebody else may have caused it', async () => {
    const { one } = await start();
    const said = await exec(one, 'silent', 'query');
    expect(said).toContain('wrote no message to stdout');
    expect(said).not.toContain('licence');
  });
});

it('over stdio, where there is one principal, a start that takes too long says what the program wrote', async () => {
  const started = await serveStdio(SETUP, LEGACY);
  gateway = started;
  const said = await exec(started.rpc, 'silent', 'query');
  expect(said).toMatch(/wrote no message to stdout within 1 s; it was stopped\. Its last output: .*licence server/);
  // The next one waits for its turn, and still says why.
  expect(await exec(started.rpc, 'silent', 'query')).toContain('licence server');
});
