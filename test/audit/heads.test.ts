/** Heads of the audit log on the command line: sent by a gateway that stops, and by a command; a cut end is found with them. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { linesOf, makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { execute } from '../support/tools.ts';

it('a gateway sends heads, and verify finds with them what was cut off', async () => {
  const home = makeHome({
    servers: servers({ calc: fixture('calc') }),
    rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
  });
  const heads = path.join(home.dir, 'elsewhere.jsonl');
  const gateway = await serveStdio({ home, env: { GATEWAY_AUDIT_HEADS: heads } });
  await execute(gateway.rpc, { server: 'calc', tool: 'label' });
  gateway.running.child.stdin?.end();
  await gateway.running.exited;
  const run = (...args: string[]) => runCli(['audit', ...args], { env: home.env, cwd: home.cwd });
  expect(linesOf(heads)).toHaveLength(1);
  const pem = path.join(home.dir, 'public.pem');
  writeFileSync(pem, (await run('head', '--public')).stdout);
  const verify = () => run('verify', home.audit, '--against', heads, '--key', pem);
  expect(await verify()).toMatchObject({ code: 0 });
  const lines = linesOf(home.audit);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ sandbox: 'none' });
  writeFileSync(home.audit, `${lines.slice(0, -1).join('\n')}\n`);
  expect(await run('verify', home.audit)).toMatchObject({ code: 0 });
  const cut = await verify();
  expect(cut).toMatchObject({ code: 1, stdout: expect.stringContaining('the end was cut off') });
  writeFileSync(home.audit, lines.join('\n').replace('"tool":"label"', '"tool":"other"'));
  expect(await run('head')).toMatchObject({ code: 1, stdout: expect.stringContaining('"signature"') });
  writeFileSync(heads, readFileSync(heads, 'utf8').replace('"seq":', '"seq":1'));
  expect(await verify()).toMatchObject({ code: 2, stderr: expect.stringContaining('no head that this key signed') });
  await gateway.stop();
});
