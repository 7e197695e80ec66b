/** Hot reload (docs/operations.md) under load: no call lost, none decided by a mixture, bad files reported in time. */
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { expect, it } from 'vitest';
import { type HttpGateway, serveHttp } from '../support/gateway.ts';
import { auditRecords, countOf, fileText, linesOf, makeHome, servers, TOKEN, withPrincipals } from '../support/home.ts';
import { request } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { until } from '../support/process.ts';
import type { Rpc } from '../support/rpc.ts';
import {
  callTool,
  dataOf,
  errorOf,
  execute,
  executeText,
  listServers,
  type ToolResult,
  textOf,
} from '../support/tools.ts';

const RELOADS = process.env['LONG'] === '1' ? 300 : 50;
/** Milliseconds between two calls. */
const PACE = 10;
/** Milliseconds in which a bad file is reported. */
const REPORTED = 2_000;

/**
 * Two sets of rules that agree on everything asked below, each for another reason: a decision taken half by one and half by
 * the other would allow what both deny.
 */
function rules(step: number): string {
  const [one, other] = step % 2 === 0 ? ['alpha', 'beta'] : ['beta', 'alpha'];
  const allow = step % 2 === 0 ? ['*'] : ['alpha', 'beta', 'calc', 'versioned'];
  const agents = { default: { allow: { servers: allow }, deny: { servers: [one], tools: { [other]: ['m'] } } } };
  return `// ${step}\n${fileText(withPrincipals(agents))}`;
}

const RULES_OF_DENIALS = [
  'agents.default.deny.servers[0]',
  /^agents\.default\.deny\.tools\.(alpha|beta)\[0\]$/,
] as const;

interface Written {
  readonly file: string;
  readonly good: string;
  readonly step: number;
}

/** Ways to put good content in place. */
const GOOD: readonly ((change: Written) => void)[] = [
  function inPlace({ file, good }) {
    writeFileSync(file, good);
  },
  function renameOver({ file, good }) {
    writeFileSync(`${file}.new`, good);
    renameSync(`${file}.new`, file);
  },
  /** As Kubernetes does it: the file is a link through `..data`, and `..data` is replaced. */
  function symlinkSwap({ file, good, step }) {
    const directory = path.dirname(file);
    const version = `..version-${path.basename(file)}-${step}`;
    const data = `..data-${path.basename(file)}`;
    mkdirSync(path.join(directory, version));
    writeFileSync(path.join(directory, version, 'content'), good);
    symlinkSync(version, path.join(directory, `${data}.new`));
    renameSync(path.join(directory, `${data}.new`), path.join(directory, data));
    symlinkSync(path.join(data, 'content'), `${file}.new`);
    renameSync(`${file}.new`, file);
  },
];

/** Ways to break a file. */
const BAD: readonly ((change: Written) => void)[] = [
  function truncated({ file }) {
    writeFileSync(file, '');
  },
  function halfWritten({ file, good }) {
    writeFileSync(file, good.slice(0, good.length / 2));
  },
  function deleted({ file }) {
    rmSync(file);
  },
  function invalid({ file }) {
    renameSync(writeAside(file, '{"agents": {"default": {"denny": {}}}, "mcpServers": []}'), file);
  },
  function notText({ file }) {
    renameSync(writeAside(file, Buffer.from([0x7b, 0xff, 0x7d])), file);
  },
];

function writeAside(file: string, content: string | Uint8Array): string {
  writeFileSync(`${file}.new`, content);
  return `${file}.new`;
}

interface FileStatus {
  readonly last_error: string | null;
  readonly attempt_count: number;
  readonly success_count: number;
}

async function statusOf(rpc: Rpc, name: string): Promise<FileStatus> {
  const { reload_status: files } = dataOf(await callTool(rpc, 'get_gateway_status')) as {
    reload_status: Record<string, FileStatus>;
  };
  const [, status] = Object.entries(files).find(([key]) => key.includes(name)) ?? [];
  if (status === undefined) throw new Error(`No status of ${name}: ${JSON.stringify(files)}`);
  return status;
}

/** Calls at a steady pace until it is stopped; an answer that is not the one expected is kept. */
function load(rpcs: readonly Rpc[]): { stop(): Promise<{ calls: number; wrong: string[] }> } {
  const wrong: string[] = [];
  const running = new Set<Promise<void>>();
  let calls = 0;
  const one = async (number: number): Promise<void> => {
    const rpc = rpcs[number % rpcs.length];
    if (rpc === undefined) return;
    try {
      switch (number % 4) {
        case 0: {
          const sum = await executeText(rpc, { server: 'calc', tool: 'add', args: { a: number, b: 1 } });
          if (sum !== String(number + 1)) wrong.push(`${number}: sum ${sum}`);
          break;
        }
        case 1: {
          const label = await executeText(rpc, { server: 'versioned', tool: 'label' });
          if (!/^v\d+$/.test(label)) wrong.push(`${number}: label ${label}`);
          break;
        }
        default: {
          const server = number % 4 === 2 ? 'alpha' : 'beta';
          const result = await execute(rpc, { server, tool: 'm' });
          if (errorOf(result).code !== 'DENIED_BY_POLICY') wrong.push(`${number}: ${textOf(result)}`);
        }
      }
    } catch (error) {
      wrong.push(`${number}: ${String(error)}`);
    }
  };
  const timer = setInterval(() => {
    const call = one(calls++).finally(() => running.delete(call));
    running.add(call);
  }, PACE);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
      return { calls, wrong };
    },
  };
}

it(`${RELOADS} reloads of good and bad files while ${1_000 / PACE} calls a second run`, {
  timeout: 120_000,
}, async () => {
  const home = makeHome();
  const spawns = path.join(home.dir, 'spawns');
  const entries = (step: number): string =>
    `// ${step}\n${fileText(
      servers({
        calc: fixture('calc', { SPAWNS_FILE: spawns }),
        // Another definition at every tenth change: its calls go on while its process is replaced.
        versioned: fixture('calc', { LABEL: `v${Math.floor(step / 10)}` }),
        ...(step % 3 === 0 ? { extra: fixture('calc') } : {}),
      }),
    )}`;
  writeFileSync(home.servers, entries(0));
  writeFileSync(home.rules, rules(0));
  const gateway = await serveHttp({ home, args: ['--debug'], env: { GATEWAY_INIT_STRATEGY: 'lazy' } });
  const status = await gateway.open();
  const traffic = load([await gateway.open(), await gateway.open('2025-11-25')]);

  /** Milliseconds until a bad file was reported. */
  let slowest = 0;
  let reloads = 0;
  for (let step = 1; reloads < RELOADS; step++) {
    const isServers = step % 5 < 2;
    const change: Written = {
      file: isServers ? home.servers : home.rules,
      good: isServers ? entries(step) : rules(step),
      step,
    };
    const bad = step % 2 === 1 && step % 5 !== 0;
    const ways = bad ? BAD : GOOD;
    const way = ways[Math.floor(step / 2) % ways.length];
    // Bad files are found by watching; of the good ones every second.
    const took = await apply(gateway, status, { ...change, bad, asked: step % 4 === 2 }, way ?? (() => {}));
    slowest = Math.max(slowest, bad ? took : 0);
    reloads++;
    if (!bad) continue;
    // Made good again, and told: a signal is prompter than watching.
    const repair = GOOD[step % GOOD.length];
    await apply(gateway, status, { ...change, bad: false, asked: true }, repair ?? (() => {}));
    reloads++;
  }

  const { calls, wrong } = await traffic.stop();
  expect(wrong).toEqual([]);
  expect(slowest).toBeLessThan(REPORTED);
  expect(calls).toBeGreaterThan(RELOADS);
  const finished = (): Record<string, unknown>[] =>
    auditRecords(home).filter(
      ({ operation, phase }) => (operation === 'execute_tool' || operation === 'refusals') && phase === 'finished',
    );
  await until(() => countOf(finished()) === calls, 'every call is in the log');
  const isKnown = (rule: unknown): boolean =>
    RULES_OF_DENIALS.some((known) => (typeof known === 'string' ? known === rule : known.test(String(rule))));
  for (const { operation, rule, detail } of finished().filter(({ decision }) => decision === 'DENY')) {
    const rules = operation === 'refusals' ? Object.keys((detail as { rules: object }).rules) : [rule];
    expect(rules.filter((one) => !isKnown(one))).toEqual([]);
  }
  // The unchanged server kept its one process.
  expect(linesOf(spawns)).toHaveLength(1);
  const { body } = await request(`${gateway.origin}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(body).toMatch(/config_reload\w*\{[^}]*(refused|failed|error)[^}]*\} [1-9]/);
  await gateway.stop();
});

/** Makes a change and waits until the gateway says what became of it. @returns milliseconds */
async function apply(
  gateway: HttpGateway,
  status: Rpc,
  change: Written & { readonly bad: boolean; readonly asked: boolean },
  way: (change: Written) => void,
): Promise<number> {
  const name = change.file === gateway.home.rules ? 'rules' : 'config';
  const before = await statusOf(status, name);
  const logged = gateway.running.stderr().length;
  const began = performance.now();
  way(change);
  if (change.asked) gateway.running.child.kill('SIGHUP');
  await until(
    async () => {
      const now = await statusOf(status, name);
      return change.bad
        ? now.last_error !== null && now.attempt_count > before.attempt_count
        : now.success_count > before.success_count;
    },
    `${way.name} of ${path.basename(change.file)} at step ${change.step}`,
    change.bad ? REPORTED : 5_000,
  );
  const took = performance.now() - began;
  if (change.bad) {
    await until(
      () => gateway.running.stderr().slice(logged).includes(path.basename(change.file)),
      `${way.name} on stderr`,
      REPORTED,
    );
  }
  return took;
}

const OPEN = withPrincipals({ default: { allow: { servers: ['*'] } } });

it('one log line says what changed, with names', async () => {
  const gateway = await serveHttp({
    servers: servers({ kept: fixture('calc'), changed: fixture('calc', { LABEL: 'old' }), removed: fixture('calc') }),
    rules: OPEN,
  });
  const rpc = await gateway.open();
  writeFileSync(
    gateway.home.servers,
    fileText(servers({ kept: fixture('calc'), changed: fixture('calc', { LABEL: 'new' }), added: fixture('calc') })),
  );
  await until(async () => (await listServers(rpc)).includes('added'), 'the new servers are there');
  const [line] = gateway.running
    .stderr()
    .split('\n')
    .filter((text) => text.includes('added') && text.includes('removed'));
  expect(line).toMatch(/\+[^-]*added[^~]*-[^~]*removed[^=]*~[^=]*changed.*=.*kept/);
  expect(await executeText(rpc, { server: 'changed', tool: 'label' })).toBe('new');
  await gateway.stop();
});

it('a removed server finishes its running calls', async () => {
  const home = makeHome({ rules: OPEN });
  const events = path.join(home.dir, 'events');
  writeFileSync(home.servers, fileText(servers({ slow: fixture('slow', { EVENTS_FILE: events }) })));
  const gateway = await serveHttp({ home });
  const rpc = await gateway.open();
  const running = executeText(rpc, { server: 'slow', tool: 'pulse', args: { steps: 20 } });
  await until(() => linesOf(events).some((line) => line.startsWith('call pulse')), 'the call arrived');
  writeFileSync(home.servers, fileText(servers({})));
  await until(async () => (await listServers(rpc)).length === 0, 'the server is gone from the configuration');
  expect(await running).toBe('pulsed 20');
  await until(() => linesOf(events).includes('stdin end'), 'its process ends');
  await gateway.stop();
});

it('a call that waits for its server is decided again at dispatch', async () => {
  const home = makeHome({ rules: OPEN });
  const calls = path.join(home.dir, 'calls');
  const gate = path.join(home.dir, 'gate');
  const entry = fixture('gated', { CALLS_FILE: calls, GATE_FILE: gate });
  writeFileSync(home.servers, fileText(servers({ gated: entry })));
  const gateway = await serveHttp({ home, env: { GATEWAY_INIT_STRATEGY: 'lazy' } });
  const rpc = await gateway.open();
  const waiting = execute(rpc, { server: 'gated', tool: 'add', args: { a: 1, b: 2 } });
  await until(() => existsSync(`${gate}.waiting`), 'the server starts');
  writeFileSync(home.rules, fileText(withPrincipals({ default: { deny: { servers: ['gated'] } } })));
  await until(async () => (await listServers(rpc)).length === 0, 'the new rules hold');
  writeFileSync(gate, '');
  expect(errorOf(await waiting).code).toBe('DENIED_BY_POLICY');
  expect(linesOf(calls)).toEqual([]);
  await gateway.stop();
});

it('a reload ends the sessions of a principal that is gone', async () => {
  const gateway = await serveHttp({ servers: servers({}), rules: OPEN });
  const rpc = await gateway.open('2025-11-25');
  expect(await listServers(rpc)).toEqual([]);
  const other = 'f'.repeat(64);
  writeFileSync(
    gateway.home.rules,
    fileText(withPrincipals({ default: {} }, { principals: { other: { token_sha256: other, may_assume: ['*'] } } })),
  );
  const status = (): Promise<number> =>
    request(gateway.url, {
      method: 'POST',
      headers: (rpc as unknown as { headers(method: string): Record<string, string> }).headers('tools/list'),
      body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
    }).then((reply) => reply.status);
  await until(async () => (await status()) === 401, 'the token is no longer good');
  await gateway.stop();
});

it.runIf(process.platform !== 'win32')('SIGHUP with a bad file keeps the old configuration', async () => {
  const gateway = await serveHttp({ servers: servers({ calc: fixture('calc') }), rules: OPEN });
  const rpc = await gateway.open();
  writeFileSync(gateway.home.rules, '{');
  gateway.running.child.kill('SIGHUP');
  await gateway.running.waitForStderr(/rules\.json:1:2/);
  expect(await executeText(rpc, { server: 'calc', tool: 'label' })).toBe('none');
  await gateway.stop();
});

it.each(['wait', 'progress'])(
  'a credential that is taken away while its call runs (%s): the call ends with an error',
  async (tool) => {
    const home = makeHome({ rules: withPrincipals({ default: { allow: { servers: ['*'] } } }) });
    const events = path.join(home.dir, 'events');
    writeFileSync(home.servers, fileText(servers({ slow: fixture('slow', { EVENTS_FILE: events }) })));
    const gateway = await serveHttp({ home });
    const rpc = await gateway.open('2025-11-25');
    const args = { server: 'slow', tool, args: { key: 'k', steps: 1 } };
    const meta = { progressToken: 1 };
    const running = rpc.start('tools/call', { name: 'execute_tool', arguments: args }, { meta });
    await until(() => linesOf(events).includes(`call ${tool} k`), 'the call arrived');
    const agents = { default: { allow: { servers: ['*'] } } };
    writeFileSync(home.rules, fileText({ agents, principals: { local: { stdio: true, may_assume: ['*'] } } }));
    const { message } = await running.answer;
    const error = errorOf(message.result as unknown as ToolResult);
    expect(error.code).toBe('SESSION_ENDED');
    expect(error.message).toMatch(/no longer has the credential that opened it.*may have taken effect/);
    await until(() => linesOf(events).includes('cancelled k'), 'the server is told');
    await gateway.stop();
  },
);
