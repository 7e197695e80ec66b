/** Rules and settings under which nobody, or not everybody, may connect are told before anybody wonders. */
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { launch, serveStdio } from '../support/gateway.ts';
import { fileText, type Home, makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { callTool, errorOf } from '../support/tools.ts';

const agents = { dev: { allow: { servers: ['*'] } } };
const made = (rules: object): Home => makeHome({ servers: servers({ calc: fixture('calc') }), rules: { ...rules } });
const run = (home: Home, args: readonly string[], env = {}): ReturnType<typeof runCli> =>
  runCli(args, { env: { ...home.env, ...env }, cwd: home.cwd });

describe('rules without a principal', () => {
  it('token revoke says what the last one leaves, validate and the log warn', async () => {
    const home = made({ agents });
    writeFileSync(home.rules, fileText({ agents, principals: {} }));
    await run(home, ['token', 'create', 'dev', '--write']);
    const one = await run(home, ['validate']);
    expect(one.stdout).toContain('0 errors, 0 warnings');
    expect(one.stderr).toContain('over HTTP only');
    expect((await run(home, ['validate'], { GATEWAY_TRANSPORT: 'http' })).stderr).toBe('');
    const revoked = await run(home, ['token', 'revoke', 'dev']);
    expect(revoked.stderr).toContain('nobody may connect now');
    expect(JSON.parse(readFileSync(home.rules, 'utf8'))).toMatchObject({ principals: {} });
    const none = await run(home, ['validate']);
    expect(none.code).toBe(0);
    expect(none.stdout).toMatch(/warning: \S+:\d+:\d+ There is nobody in "principals".*token create/);
    const { running } = launch(['serve', '--transport', 'http', '--port', '0'], { home });
    await running.waitForStderr(/"warn".*nobody in \\"principals\\"/);
    await running.stop('SIGTERM');
    home.remove();
  });

  it('a session over stdio whose principal a reload removes is told what helps', async () => {
    const gateway = await serveStdio({ servers: servers({ calc: fixture('calc') }), rules: withPrincipals(agents) });
    const { rpc, home, running } = gateway;
    expect((await callTool(rpc, 'list_servers', { agent_id: 'dev' }))['isError']).not.toBe(true);
    writeFileSync(home.rules, fileText({ agents, principals: {} }));
    await running.waitForStderr(/configuration reloaded/);
    const { code, message } = errorOf(await callTool(rpc, 'list_servers', {}));
    expect(code).toBe('INVALID_AGENT_ID');
    expect(message).toContain('ask the owner');
    expect(message).not.toContain('pass the agent id');
    await gateway.stop();
  });
});

describe('GATEWAY_DEFAULT_AGENT that the rules do not have', () => {
  const env = { GATEWAY_DEFAULT_AGENT: 'nobody' };

  it('validate and the log warn', async () => {
    const home = made({ agents });
    expect((await run(home, ['validate'], env)).stderr).toContain("GATEWAY_DEFAULT_AGENT is 'nobody'");
    expect(JSON.parse((await run(home, ['validate', '--json'], env)).stdout).notes).toHaveLength(1);
    expect((await run(home, ['validate'], { GATEWAY_DEFAULT_AGENT: 'dev' })).stderr).toBe('');
    const gateway = await serveStdio({ home, env });
    await gateway.running.waitForStderr(/"warn".*GATEWAY_DEFAULT_AGENT is 'nobody'/);
    writeFileSync(home.rules, fileText({ agents: { dev: {}, other: {} } }));
    await gateway.running.waitForStderr(/configuration reloaded[\s\S]*GATEWAY_DEFAULT_AGENT is 'nobody'/);
    await gateway.stop();
  });
});
