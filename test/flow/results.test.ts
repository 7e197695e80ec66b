/** Results that the rules clear, over both transports and in both generations; what is not named stays as it is. */
import process from 'node:process';
import { expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';
import { callTool, execute, textOf } from '../support/tools.ts';

const SAID = 'Pay with 4111 1111 1111 1111.\u200b Write to ann@example.org.';

/** Nothing of it depends on transport or generation. */
const CORNERS = [
  ['http', MODERN],
  ['stdio', '2025-11-25'],
] as const;

it.each(process.env['LONG'] === '1' ? CORNERS : CORNERS.slice(0, 1))('over %s in %s', async (transport, revision) => {
  const entry = fixture('calc', { LABEL: SAID });
  const guide = { ...fixture('skills'), args: [fixturePath('skills'), 'ann@example.org'] };
  const home = makeHome({
    servers: servers({ shop: entry, other: entry, guide }),
    rules: withPrincipals(
      { default: { allow: { servers: ['*'] }, code: {} } },
      {
        results: {
          sh: { redact: ['keys'] },
          guide: { redact: ['emails'] },
          'sh*': { strip_invisible: true, redact: ['cards'] },
        },
      },
    ),
  });
  const gateway = transport === 'http' ? await serveHttp({ home }) : await serveStdio({ home }, revision);
  const rpc: Rpc = 'rpc' in gateway ? gateway.rpc : await gateway.open(revision);
  const cleared = 'Pay with [redacted card]. Write to ann@example.org.';
  expect(textOf(await execute(rpc, { server: 'shop', tool: 'label' }))).toBe(cleared);
  expect(textOf(await execute(rpc, { server: 'other', tool: 'label' }))).toBe(SAID);
  expect(JSON.parse(textOf(await callTool(rpc, 'run_code', { code: 'return await servers.shop.label()' })))).toBe(
    cleared,
  );
  // The file of a skill is compared with its entry as the server wrote it.
  const read = await rpc.call('resources/read', { uri: 'mcp://guide/skill://team/release/SKILL.md' });
  expect(JSON.stringify(read.message.result)).toContain('Of [redacted e-mail].');
  const finished = auditRecords(home).filter(({ phase, server }) => phase === 'finished' && server === 'shop');
  expect(finished.map(({ redacted }) => redacted)).toEqual(Array(2).fill({ invisible: 1, cards: 1 }));
  await gateway.stop();
});
