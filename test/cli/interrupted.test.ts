/** A command that starts servers and is interrupted ends with 128 and the signal, leaves nothing, and says nothing of what it gave up. */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { fileText, makeHome, servers } from '../support/home.ts';
import { assertGone, startGateway, until } from '../support/process.ts';

/** Never answers, and has a child of its own; writes a file once it has. */
const SILENT = `require("child_process").spawn("sleep", ["1000"]); require("fs").writeFileSync(process.argv[1], "")`;

it.each([
  ['SIGINT', 130, ['tools', 'list']],
  ['SIGINT', 130, ['tools', 'call', 'silent', 'any']],
  ['SIGINT', 130, ['doctor']],
  ['SIGINT', 130, ['servers', 'test', 'silent']],
  ['SIGTERM', 143, ['warm']],
  ['SIGHUP', 129, ['tools', 'list', 'silent', '--json']],
] as const)('%s ends with %i: %j', async (signal, status, args) => {
  const home = makeHome({ rules: { agents: { default: { allow: { servers: ['*'] } } } } });
  const ready = path.join(home.dir, 'ready');
  writeFileSync(
    home.servers,
    fileText(servers({ silent: { command: process.execPath, args: ['-e', SILENT, ready] } })),
  );
  const command = startGateway(args, { env: home.env, cwd: home.cwd });
  await until(() => existsSync(ready), 'the server runs');
  const said = command.stderr().length;
  expect(await command.stop(signal)).toEqual({ code: status, signal: null });
  expect(command.stderr().slice(said)).toBe('');
  await assertGone(home.dir);
  home.remove();
});
