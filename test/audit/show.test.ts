/** `audit show --follow` beside a gateway that a client started (docs/audit.md). */
import { expect, it, onTestFinished } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { makeHome, servers } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { startGateway, until } from '../support/process.ts';
import { execute } from '../support/tools.ts';

it('shows what was denied, and by which rule, as it happens', async () => {
  const rules = { agents: { default: { allow: { servers: ['calc'] }, deny: { tools: { calc: ['fail'] } } } } };
  const home = makeHome({ servers: servers({ calc: fixture('calc') }), rules });
  const { rpc } = await serveStdio({ home });
  await execute(rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 } });
  const args = ['audit', 'show', '--follow', '--decision', 'deny', '--audit-log', home.audit];
  const show = startGateway(args, { env: home.env, cwd: home.dir });
  onTestFinished(async () => {
    await show.stop('SIGTERM');
  });
  let text = '';
  show.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  // Where it begins to read after this was recorded, it is among the past calls.
  await execute(rpc, { server: 'calc', tool: 'fail', args: {} });
  await until(() => text.includes('\n'), 'the denied call is shown');
  expect(text).toMatch(/^DENY +\S+ \S+ +default +calc +fail +\d+ ms +\S+ +agents\.default\.deny\.tools\.calc\[0\]\n$/);
  await execute(rpc, { server: 'calc', tool: 'fail', args: {} });
  await until(() => text.split('\n').length === 3, 'the next one is shown');
});
