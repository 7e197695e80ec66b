/**
 * `npm run test:newcomer`: somebody with the files of many clients and nothing but Node goes from the packed package, by the commands of
 * README.md, to one call that is allowed and one that is denied through a real client; `undo` and `uninstall` leave the same tree and no
 * process. Ends with 1 where something is not right, or took longer than two minutes.
 */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { run } from '../install.mjs';
import { callers } from './callers.mjs';
import { KEY, makeHome, SERVERS } from './home.mjs';
import { ownOf, processesOf, treeOf } from './tree.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LIMIT_MS = 120_000;
const say = (text) => process.stdout.write(`${text}\n`);

/** The command of the README, for somebody who has the package as a file and nothing installed. */
function commandOf(words, page = 'README.md') {
  const blocks = [...readFileSync(path.join(ROOT, page), 'utf8').matchAll(/^```(?:sh|bash|console)\n(.*?)^```/gms)];
  const lines = blocks.flatMap(([, block]) => block.split('\n')).map((line) => line.replace(/^\$ |\s*#.*$/g, ''));
  const pattern = new RegExp(`^(?:npx (?:-y |--yes )?)?agent-mcp-gateway(?:@\\S+)? ${words}\\b(.*)$`);
  const found = lines.find((line) => pattern.test(line.trim()));
  if (found === undefined) throw new Error(`${page} does not say "agent-mcp-gateway ${words}".`);
  return [...words.split(' '), ...(pattern.exec(found.trim())?.[1] ?? '').split(' ').filter((word) => word !== '')];
}

const withYes = (args) => (args.includes('--yes') ? args : [...args, '--yes']);

async function visit(caller, tarball) {
  const home = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'newcomer-')));
  const work = path.join(home, 'work');
  mkdirSync(work);
  makeHome(home, work);
  const client = await caller.install();
  caller.prepare?.({ work });
  const { NODE_OPTIONS: _options, XDG_CONFIG_HOME: _config, XDG_CACHE_HOME: _cache, ...mine } = process.env;
  const env = { ...mine, HOME: home, NO_COLOR: '1', GATEWAY_KEYCHAIN: '0', npm_config_update_notifier: 'false' };
  const output = [];
  const gateway = async (args) => {
    const text = await run('npx', ['--yes', '--package', tarball, 'agent-mcp-gateway', ...args], { cwd: work, env });
    output.push(text);
    return text;
  };
  const wrong = [];
  const check = (what, isRight) => isRight || wrong.push(what);
  const before = treeOf(home);
  try {
    const started = performance.now();
    await gateway(withYes(commandOf('setup')));
    const setUp = performance.now();
    // Its first call would end the installation of servers that it does not use.
    if (caller.isShort) await gateway(['warm']);
    const { allowed, denied } = await caller.call(client, { work, env });
    const called = performance.now();
    check(`the allowed call: ${allowed}`, /Echo: hello/.test(allowed));
    check(`the denied call: ${denied}`, /DENIED_BY_POLICY/.test(denied));
    check(`it took ${Math.round(called - started)} ms`, called - started < LIMIT_MS);

    const ready = await gateway(['warm']);
    for (const name of SERVERS) check(`${name} does not start`, ready.includes(`${name}: ready`));
    await gateway(commandOf('undo', 'docs/setup.md'));
    for (const [name, facts] of before) {
      if (!ownOf(caller, name)) check(`undo left another ${name}`, treeOf(home).get(name) === facts);
    }
    check(
      'uninstall does not say what it leaves',
      /Left: .*logs/.test(await gateway(commandOf('uninstall', 'docs/setup.md'))),
    );
    await gateway(['uninstall', '--purge', '--yes']);
    const after = treeOf(home);
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      if (!ownOf(caller, name)) check(`${name} is not as it was`, after.get(name) === before.get(name));
    }
    const left = processesOf(home);
    check(`processes are left: ${left.join('; ')}`, left.length === 0);
    check('a key was printed', !output.join('').includes(KEY));
    const seconds = (ms) => (ms / 1000).toFixed(1);
    return { wrong, times: `setup ${seconds(setUp - started)} s, both calls ${seconds(called - setUp)} s` };
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'newcomer-package-'));
const packed = await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
let failed = 0;
for (const caller of callers) {
  const { wrong, times } = await visit(caller, path.join(folder, packed.trim())).catch((error) => ({
    wrong: [error.message],
    times: 'stopped',
  }));
  if (wrong.length > 0) failed++;
  say(`${wrong.length === 0 ? 'ok    ' : 'FAILED'} a newcomer with ${caller.name}: ${times}`);
  for (const line of wrong) say(`       ${line}`);
}
rmSync(folder, { recursive: true, force: true });
say(`${callers.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
